// Sends recordings, one at a time.

let limits = { bytes: Infinity, seconds: Infinity };
let sending = null;
// What was given last, for another choice of the channel.
let given = null;

/** Resolves to the text of the result, or of one a channel. */
function send(blob, name, channel, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    sending = request;
    request.open("POST", `/api/classify?name=${encodeURIComponent(name)}&channel=${channel}`);
    for (const [header, value] of Object.entries(credentials())) request.setRequestHeader(header, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => {
      if (request.status === 200) resolve(request.responseText);
      else reject(new Error(sentenceOf(request.responseText, request.status)));
    };
    request.onerror = () => reject(new Error("the server does not answer; is it still running?"));
    request.onabort = () => resolve(null);
    request.send(blob);
  });
}

/** Classifies a recording and shows the result, or what is wrong. */
async function classify(blob, name) {
  sending?.abort();
  given = [blob, name];
  part("problem").textContent = "";
  if (blob.size > limits.bytes) {
    part("status").textContent = "";
    const most = limits.bytes / 2 ** 20;
    part("problem").textContent = sentence(
      `the recording is larger than the ${most} MiB that are accepted here; cut it or compress it`);
    return;
  }
  const progress = part("progress");
  progress.hidden = false;
  progress.value = 0;
  part("status").textContent = `Sending ${name}`;
  try {
    const text = await send(blob, name, part("channel").value, (share) => {
      progress.value = share;
      if (share < 1) return;
      // How long it takes to hear it is not known.
      progress.removeAttribute("value");
      part("status").textContent = `Listening to ${name}`;
    });
    // Another recording was given meanwhile.
    if (text === null) return;
    part("status").textContent = "Done";
    showResults(text, blob);
  } catch (error) {
    part("status").textContent = "";
    part("problem").textContent = sentence(error.message);
  }
  progress.hidden = true;
  sending = null;
}

function startUpload() {
  const drop = part("drop");
  const take = (file) => file && classify(file, file.name);
  part("file").addEventListener("change", ({ target }) => take(target.files[0]));
  part("channel").addEventListener("change", () => given && classify(...given));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  part("sample").addEventListener("click", async () => {
    const response = await fetch("/sample.flac").catch(() => null);
    if (response?.ok) classify(await response.blob(), "sample.flac");
    else part("problem").textContent = "The server does not answer.";
  });
  startRecording();
}

function startRecording() {
  const button = part("record");
  if (!navigator.mediaDevices) {
    button.disabled = true;
    part("record-hint").hidden = false;
    part("record-hint").textContent =
      "Browsers record only on pages that come over HTTPS or from the machine itself (localhost).";
    return;
  }
  let stop = null;
  const finish = async () => {
    const end = stop;
    stop = null;
    button.textContent = "Record";
    if (end) classify(await end(), "recording.wav");
  };
  const begin = async () => {
    button.disabled = true;
    part("problem").textContent = "";
    try {
      let second = -1;
      stop = await record((seconds) => {
        if (seconds >= limits.seconds - 1) finish();
        if (Math.floor(seconds) === second) return;
        second = Math.floor(seconds);
        part("clock").textContent = ` ${second} s`;
      });
      part("status").replaceChildren("Recording", make("span", { id: "clock", ariaHidden: "true" }));
      button.textContent = "Stop and listen";
    } catch (error) {
      part("problem").textContent = sentence(recordingProblem(error));
    }
    button.disabled = false;
  };
  button.addEventListener("click", () => (stop ? finish() : begin()));
}
