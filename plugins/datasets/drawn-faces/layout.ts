import type { Box, Random } from 'mienlab/contracts';
import type { HeadPlace } from './paint-person.js';

/** Where somebody walks: knots of time and place, straight between them, with a slow drift on top. */
export interface Walk {
  /** Seconds and pixels of the middle of the face, by time. */
  knots: readonly (readonly [time: number, x: number])[];
  y: number;
  radius: number;
  /** Sway: pixels, hertz, radians. */
  sway: readonly [size: number, rate: number, phase: number];
}

export function placeAt({ knots, y, radius, sway: [size, rate, phase] }: Walk, time: number): HeadPlace {
  let next = knots.findIndex(([at]) => at > time);
  if (next < 0) next = knots.length;
  const [t0, x0] = knots[Math.max(0, next - 1)]!;
  const [t1, x1] = knots[Math.min(next, knots.length - 1)]!;
  const part = t1 > t0 ? (time - t0) / (t1 - t0) : 0;
  const angle = 2 * Math.PI * rate * time + phase;
  return {
    x: x0 + (x1 - x0) * part + size * Math.sin(angle),
    y: y + 0.6 * size * Math.cos(1.3 * angle),
    radius,
    tilt: 0.08 * Math.sin(0.8 * angle + 1),
  };
}

/** The box of a face as BlazeFace frames it (its mean over drawn faces): square, from the brows to the chin. */
export function faceBox({ x, y, radius }: HeadPlace): Box {
  const side = 1.62 * radius;
  return { x: x - side / 2, y: y + 0.29 * radius - side / 2, width: side, height: side };
}

/** Share of a face, 0..1, that lies in the picture and behind nobody. `nearer` are the people drawn after this one. */
export function visibleShare(place: HeadPlace, nearer: readonly HeadPlace[], width: number, height: number): number {
  let seen = 0;
  let all = 0;
  for (let v = -0.9; v < 1; v += 0.2) {
    for (let u = -0.9; u < 1; u += 0.2) {
      if (u * u + v * v > 1) continue;
      all++;
      const x = place.x + 0.78 * u * place.radius;
      const y = place.y + v * place.radius;
      if (x >= 0 && y >= 0 && x < width && y < height && !nearer.some((other) => covers(other, x, y))) seen++;
    }
  }
  return seen / all;
}

/** Head with hair, and shoulders. */
function covers({ x, y, radius }: HeadPlace, px: number, py: number): boolean {
  const dx = Math.abs(px - x) / radius;
  const dy = (py - y) / radius;
  if (dy < 1.12) return (dx / 0.95) ** 2 + ((dy + 0.05) / 1.14) ** 2 < 1;
  return dx < 0.5 + Math.min(1.05, 1.2 * (dy - 1.12));
}

/**
 * Prominence of a face over a clip: mean over all frames of (size / height)^2 exp(-((x / width - 0.5) / 0.35)^2), absent = 0, with size the square
 * root of the box's area. The most prominent person is the principal: the one seen longest, largest and most central.
 */
export function prominence(boxes: readonly (Box | null)[], width: number, height: number): number {
  let sum = 0;
  for (const box of boxes) {
    if (!box) continue;
    const offset = ((box.x + box.width / 2) / width - 0.5) / 0.35;
    sum += ((box.width * box.height) / height ** 2) * Math.exp(-offset * offset);
  }
  return sum / boxes.length;
}

/** Draws a walk. `kind`: `principal` and `alone` stay; `smaller` may also come, go or cross; `larger` stays at an edge or visits. */
export function drawWalk(
  random: Random,
  kind: 'alone' | 'principal' | 'smaller' | 'larger',
  size: { width: number; height: number; length: number },
  reference: number,
): Walk {
  const { width, height, length } = size;
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const unit = height / 180;
  const radius = {
    alone: () => between(24, 40) * unit,
    principal: () => between(22, 34) * unit,
    smaller: () => Math.max(13 * unit, between(0.58, 0.85) * reference),
    larger: () => between(1.15, 1.4) * reference,
  }[kind]();
  const side = random.next() < 0.5 ? -1 : 1;
  const from = (distance: number) => (side < 0 ? distance : width - distance);
  const away: number = from(-1.75 * radius);
  const drift = between(-6, 6) * unit * length;
  const stay = (x: number): [number, number][] => [
    [0, x - drift / 2],
    [length, x + drift / 2],
  ];
  // Walking speed, pixels a second: slow enough to be followed from one sampled frame to the next.
  const speed = between(70, 120) * unit;
  const knots = (): [number, number][] => {
    if (kind === 'alone') return stay(between(0.3, 0.7) * width);
    if (kind === 'principal') return stay(between(0.36, 0.64) * width);
    const manner = random.next();
    if (kind === 'larger') {
      if (manner < 0.5) return stay(from(between(0.75, 1.1) * radius));
      const x = from(between(0.08, 0.34) * width + 0.3 * radius);
      const travel = Math.abs(x - away) / (1.4 * speed);
      const start = between(-0.2, 0.45) * length;
      const end = start + travel + between(0.15, 0.4) * length;
      return [
        [start, away],
        [start + travel, x],
        [end, x],
        [end + travel, away],
      ];
    }
    const x = between(0.12, 0.88) * width;
    const travel = Math.abs(x - away) / speed;
    if (manner < 0.4) return stay(x);
    const start = between(0.1, 0.6) * length;
    if (manner < 0.55) {
      return [
        [start, away],
        [start + travel, x],
      ];
    }
    if (manner < 0.7) {
      return [
        [start, x],
        [start + travel, away],
      ];
    }
    // From one side to the other, past whoever stands between.
    const [left, right] = [between(0.08, 0.3) * width, between(0.7, 0.92) * width];
    return side < 0 ? [[0, left], [length, right]] : [[0, right], [length, left]]; // prettier-ignore
  };
  return {
    knots: knots(),
    y: between(0.4, 0.52) * height,
    radius,
    sway: [between(0.02, 0.07) * radius, between(0.15, 0.5), between(0, 2 * Math.PI)],
  };
}
