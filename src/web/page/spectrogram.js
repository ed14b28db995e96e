// What a recording looks like. It is drawn from the browser's own decoding, and
// so is close to what the network is given, not the same to the bit.

const RATE = 16000;
const FRAME = 1024;
const BANDS = 64;
const RANGE_DB = 80;

/** Mono samples at 16 kHz, of the channel with that number from 1 if there is one; rejects
 * where the browser cannot decode the format. */
async function decode(blob, only) {
  const decoder = new OfflineAudioContext(1, 1, RATE);
  const audio = await decoder.decodeAudioData(await blob.arrayBuffer());
  if (only) return audio.getChannelData(only - 1);
  const mono = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel += 1) {
    const samples = audio.getChannelData(channel);
    for (let n = 0; n < mono.length; n += 1) mono[n] += samples[n] / audio.numberOfChannels;
  }
  return mono;
}

/** Slaney's mel scale: linear below 1 kHz, logarithmic above. */
const STEP = Math.log(6.4) / 27;
const melToHz = (mel) => (mel < 15 ? (200 / 3) * mel : 1000 * Math.exp(STEP * (mel - 15)));
const hzToMel = (hz) => (hz < 1000 ? (3 / 200) * hz : 15 + Math.log(hz / 1000) / STEP);

/** Triangles over the bins of a spectrum, one a band. */
function melBank() {
  const top = hzToMel(RATE / 2);
  const edge = (band) => (melToHz((top * band) / (BANDS + 1)) * FRAME) / RATE;
  return Array.from({ length: BANDS }, (_, band) => {
    const [low, centre, high] = [edge(band), edge(band + 1), edge(band + 2)];
    const first = Math.ceil(low);
    const weights = [];
    for (let bin = first; bin < high; bin += 1) {
      weights.push(Math.max(0, Math.min((bin - low) / (centre - low), (high - bin) / (high - centre))));
    }
    return { first, weights };
  });
}

/** The discrete Fourier transform in place, by radix 2. */
function transform(real, imaginary) {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k += 1) {
      const angle = (-Math.PI * k) / half;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let i = k; i < size; i += 2 * half) {
        const j = i + half;
        const x = real[j] * c - imaginary[j] * s;
        const y = real[j] * s + imaginary[j] * c;
        [real[j], imaginary[j]] = [real[i] - x, imaginary[i] - y];
        [real[i], imaginary[i]] = [real[i] + x, imaginary[i] + y];
      }
    }
  }
}

/** Levels of 0 to 1 over the recording's last 80 dB, column after column. */
function logMel(samples, columns) {
  const bank = melBank();
  const levels = new Float32Array(columns * BANDS);
  const real = new Float32Array(FRAME);
  const imaginary = new Float32Array(FRAME);
  let loudest = -Infinity;
  for (let column = 0; column < columns; column += 1) {
    const centre = Math.round(((column + 0.5) * samples.length) / columns);
    for (let n = 0; n < FRAME; n += 1) {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FRAME);
      real[n] = hann * (samples[centre - FRAME / 2 + n] || 0);
      imaginary[n] = 0;
    }
    transform(real, imaginary);
    bank.forEach(({ first, weights }, band) => {
      const power = weights.reduce(
        (sum, weight, i) => sum + weight * (real[first + i] ** 2 + imaginary[first + i] ** 2), 0);
      const level = 10 * Math.log10(power + 1e-10);
      levels[column * BANDS + band] = level;
      loudest = Math.max(loudest, level);
    });
  }
  return levels.map((level) => Math.max(0, 1 + (level - loudest) / RANGE_DB));
}

/** Least and greatest sample of each column. */
function envelope(samples, columns) {
  return Array.from({ length: columns }, (_, column) => {
    const end = Math.ceil(((column + 1) * samples.length) / columns);
    let [least, greatest] = [0, 0];
    for (let n = Math.floor((column * samples.length) / columns); n < end; n += 1) {
      least = Math.min(least, samples[n]);
      greatest = Math.max(greatest, samples[n]);
    }
    return [least, greatest];
  });
}
