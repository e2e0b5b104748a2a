/** Facial actions in the order of the grammar; `neutral` is that nothing is done. Left and right are the viewer's. */
export const actionNames = [
  'neutral',
  'smile',
  'frown',
  'open-mouth',
  'raise-brows',
  'lower-brows',
  'close-eyes',
  'look-left',
  'look-right',
  'blink',
  'look-surprised',
] as const;

export type Action = (typeof actionNames)[number];

/** What a face does at one moment; all 0 is at rest. */
export interface Pose {
  /** Corners of the mouth: -1 down, 1 up. */
  mouth: number;
  /** 0 closed, 1 wide open. */
  jaw: number;
  /** -1 down and together, 1 up. */
  brows: number;
  /** 0 open, 1 closed; below 0 wide open. */
  lids: number;
  /** -1 to the viewer's left, 1 to the right. */
  gaze: number;
  /** Turn of the head, as `gaze`. */
  turn: number;
}

const poses: Readonly<Record<Action, Partial<Pose>>> = {
  neutral: {},
  smile: { mouth: 1 },
  frown: { mouth: -1 },
  'open-mouth': { jaw: 1 },
  'raise-brows': { brows: 1 },
  'lower-brows': { brows: -1 },
  'close-eyes': { lids: 1 },
  'look-left': { gaze: -1, turn: -0.6 },
  'look-right': { gaze: 1, turn: 0.6 },
  blink: { lids: 1 },
  'look-surprised': { brows: 0.8, jaw: 0.7, lids: -0.5 },
};

/** An action on a person's timeline. Seconds. */
export interface TimedAction {
  action: Action;
  start: number;
  end: number;
  /** How far it goes, about 1. */
  amplitude: number;
}

/** 0 before `from`, 1 after `to`, smooth between. */
function ramp(time: number, from: number, to: number): number {
  const part = Math.min(1, Math.max(0, (time - from) / (to - from)));
  return part * part * (3 - 2 * part);
}

/**
 * How much of an action is to be seen, 0..1. Where it meets another one the change takes `change` seconds and lies on the side of the clip's
 * middle, so that frames sampled evenly show whole actions even where one falls right beside a cut.
 */
function strength({ action, start, end }: TimedAction, time: number, length: number, change: number): number {
  const edge = (at: number): [number, number] => (at < length / 2 ? [at, at + change] : [at - change, at]);
  const begun = start <= 0 ? 1 : ramp(time, ...edge(start));
  const ended = end >= length - 1e-9 ? 0 : ramp(time, ...edge(end));
  const on = begun * (1 - ended);
  if (action !== 'blink') return on;
  // Closed twice, each time for a fifth of the action.
  const phase = (time - start) / (end - start);
  return on * Math.max(...[0.3, 0.7].map((middle) => 1 - ramp(Math.abs(phase - middle), 0.08, 0.12)));
}

/** The pose of a face at `time` seconds of a clip of `length` seconds. */
export function poseAt(timeline: readonly TimedAction[], time: number, length: number): Pose {
  const pose: Pose = { mouth: 0, jaw: 0, brows: 0, lids: 0, gaze: 0, turn: 0 };
  for (const timed of timeline) {
    const amount = timed.amplitude * strength(timed, time, length, length / 12);
    for (const [part, value] of Object.entries(poses[timed.action]) as [keyof Pose, number][]) pose[part] += amount * value;
  }
  return pose;
}
