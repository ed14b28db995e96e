// The browser's own microphone, as it is: without what telephones do to voices.

const WORKLET = `registerProcessor("tap", class extends AudioWorkletProcessor {
  process([[block]]) {
    if (block) this.port.postMessage(block.slice());
    return true;
  }
});`;

/** Records until `stop` is called; that gives a WAV file. */
async function record(onBlock) {
  const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const context = new AudioContext();
  const module = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
  const close = () => {
    stream.getTracks().forEach((track) => track.stop());
    return context.close();
  };
  try {
    await context.audioWorklet.addModule(module);
  } catch (error) {
    await close();
    throw error;
  } finally {
    URL.revokeObjectURL(module);
  }
  const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  const blocks = [];
  let length = 0;
  tap.port.onmessage = ({ data }) => {
    blocks.push(data);
    length += data.length;
    onBlock(length / context.sampleRate);
  };
  context.createMediaStreamSource(stream).connect(tap);
  return async () => {
    tap.port.onmessage = null;
    await close();
    return wavOf(blocks, context.sampleRate);
  };
}

/** Why nothing can be recorded, in words. */
function recordingProblem(error) {
  const reasons = {
    NotAllowedError: "the browser does not let this page use the microphone; allow it beside the address",
    NotFoundError: "the browser finds no microphone; plug one in",
    NotReadableError: "the microphone is in use by another program; close that",
  };
  return reasons[error.name] || `the microphone cannot be used: ${error.message}`;
}
