import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Random } from 'mienlab/contracts';
import { poseAt } from './actions.js';
import { placeAt } from './layout.js';
import type { DrawnFacesOptions } from './options.js';
import { paintPerson } from './paint-person.js';
import { frameTimes, type Script } from './script.js';

/** The frames of a clip, one after the other: [height, width, 4] RGBA uint8, valid until the next one is asked for. */
export function* paintClip(script: Script, options: DrawnFacesOptions): Generator<Uint8Array> {
  const { width, height, length, noise } = options;
  const background = paintBackground(script.random.fork('background'), width, height);
  const grain = makeGrain(script.random.fork('grain'), noise);
  const shifts = script.random.fork('shifts');
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  for (const time of frameTimes(options)) {
    context.drawImage(background, 0, 0);
    // A face is shown as it is in the middle of the time that its frame is on.
    const middle = time + 0.5 / options.rate;
    for (const { person, walk, timeline } of script.actors) {
      paintPerson(context, person, placeAt(walk, time), poseAt(timeline, middle, length));
    }
    const pixels = canvas.data();
    if (noise > 0) addGrain(pixels, grain, shifts.integer(grain.length));
    yield pixels;
  }
}

/** A wall with light on it, and some soft shapes. */
function paintBackground(random: Random, width: number, height: number) {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const colour = (light: number, alpha = 1) =>
    `hsl(${random.integer(360)} ${10 + random.integer(25)}% ${light + random.integer(20)}% / ${alpha})`;
  const angle = 2 * Math.PI * random.next();
  const [dx, dy] = [(Math.cos(angle) * width) / 2, (Math.sin(angle) * height) / 2];
  const wall = context.createLinearGradient(width / 2 - dx, height / 2 - dy, width / 2 + dx, height / 2 + dy);
  wall.addColorStop(0, colour(55));
  wall.addColorStop(1, colour(35));
  context.fillStyle = wall;
  context.fillRect(0, 0, width, height);
  for (let i = random.integer(4); i > 0; i--) paintShape(context, random, colour(40, 0.5), width, height);
  return canvas;
}

function paintShape(context: SKRSContext2D, random: Random, colour: string, width: number, height: number): void {
  const [x, y] = [random.next() * width, random.next() * height * 0.8];
  context.fillStyle = colour;
  context.beginPath();
  if (random.next() < 0.5) context.rect(x, y, (0.1 + 0.3 * random.next()) * width, (0.1 + 0.4 * random.next()) * height);
  else context.ellipse(x, y, (0.05 + 0.15 * random.next()) * width, (0.05 + 0.15 * random.next()) * height, 0, 0, 2 * Math.PI);
  context.fill();
}

/** Normal noise of standard deviation `noise`, levels; read from a new place for every frame, since drawing it anew would cost more than the faces. */
function makeGrain(random: Random, noise: number): Int8Array {
  return Int8Array.from({ length: 8191 }, () => Math.max(-127, Math.min(127, Math.round(noise * random.normal()))));
}

function addGrain(pixels: Uint8Array, grain: Int8Array, shift: number): void {
  const clamped = new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length);
  let at = shift;
  for (let i = 0; i < clamped.length; i += 4) {
    const value = grain[at]!;
    if (++at === grain.length) at = 0;
    clamped[i] = clamped[i]! + value;
    clamped[i + 1] = clamped[i + 1]! + value;
    clamped[i + 2] = clamped[i + 2]! + value;
  }
}
