/** Says which model answers, and how good it is. */
async function introduce() {
  try {
    const about = await (await ask("/api/model")).json();
    const { model } = about;
    labels = model.labels;
    limits = about.limits;
    const { uar, uar_low: low, uar_high: high } = model.metrics;
    if (uar) {
      const range = low && high ? ` (95 % interval ${percent(low)} to ${percent(high)})` : "";
      part("accuracy").textContent =
        `It is wrong often: of actors that it never heard, it named ${percent(uar)}${range} of the `
        + `${labels.length} emotions rightly, by chance it would be ${percent(1 / labels.length)}.`;
    }
    const facts = [
      ["Model", `${model.name} ${model.version}`],
      ["Trained on", model.training_data.join("; ")],
      ["Licence of the model", model.licence],
      ["Emotions", labels.join(", ")],
      ["Program", `${about.program} ${about.version} (MIT OR Apache-2.0)`],
      ["Accepts", `recordings of up to ${limits.bytes / 2 ** 20} MiB and ${limits.seconds} s`],
    ];
    part("model").replaceChildren(
      ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  } catch (error) {
    part("problem").textContent = sentence(error.message);
  }
}

startResult();
startUpload();
introduce();
startLive();
