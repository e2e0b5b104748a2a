import type { NestedEncoder, PluginConfig, Port, TokenOrder } from 'mienlab/contracts';
import { Fault } from 'mienlab/faults';
import { definePlugin, gridPooling, visualStreams, type GridPooling } from 'mienlab/plugin';

type Nested = Readonly<Record<string, NestedEncoder>> | undefined;

/** The options as the schema below fills them in; the nested encoders' blocks are the framework's. */
export interface FacetrackMmConfig {
  'frame-steps': number;
  'face-steps': number;
  'frame-tokens': number;
  'face-tokens': number;
  'without-face': 'blank' | 'learned' | 'skip';
  order: TokenOrder;
  separators: boolean;
}

/** Images of one kind: how many of a clip are seen, and what is made of each. */
interface StreamPlan {
  /** What the encoder before it gives, for the images that are seen. */
  ports: { frames: Port; faces: Port | null };
  /** Images of a clip, and how many of them are seen. */
  count: number;
  steps: number;
  tokens: number;
  width: number;
  rows: number | null;
  pooling: GridPooling | null;
}

/** What the encoder is built for. */
export interface FacetrackMmPlan {
  frames: StreamPlan;
  faces: StreamPlan | null;
  /** Whether one encoder sees both. */
  shared: boolean;
  withoutFace: FacetrackMmConfig['without-face'];
}

const frameOption = 'frame-encoder';
const faceOption = 'face-encoder';

/** Sizes of frames, and of crops: those of the face encoder's frames where it is another, since it sees crops as its frames. */
function inputOf(nested: Nested) {
  const frame = nested![frameOption]!.input();
  const other = nested![faceOption]?.input().frame;
  if (other && other.height !== other.width) {
    throw new Fault('PORT_MISMATCH', `a face's crop is a square, and ${nested![faceOption]!.name} takes ${other.width} x ${other.height}`, {
      key: `encoder.${faceOption}`,
      expected: 'a face encoder whose frames are as high as wide',
    });
  }
  return { frame: frame.frame, face: other ?? frame.face };
}

function stepsOf(count: number, steps: number, key: string): number {
  if (steps <= count) return steps || count;
  throw new Fault('PORT_MISMATCH', `"${key}" is ${steps}, and ${count} frames are sampled from a clip`, {
    key,
    expected: `at most ${count}, or 0: all`,
    hint: 'or more video.frames',
  });
}

export function planOf(config: PluginConfig, { frames, faces }: { frames: Port; faces: Port | null }, nested: Nested): FacetrackMmPlan {
  const options = config as unknown as FacetrackMmConfig;
  const shared = !nested![faceOption];
  const count = frames.dims['count']!;
  const steps = {
    frames: stepsOf(count, options['frame-steps'], 'encoder.frame-steps'),
    faces: stepsOf(count, options['face-steps'], 'encoder.face-steps'),
  };
  const seen = (port: Port, count: number, type = port.type): Port => ({ type, dims: { ...port.dims, count } });
  const tracks = (principal: number): Port => ({ type: 'tracks', dims: { principal } });
  const ofFaces = faces && seen(faces, steps.faces);
  const framePorts = { frames: seen(frames, steps.frames), faces: shared ? ofFaces : null };
  const given = {
    frames: framePorts.frames,
    tracks: tracks(framePorts.faces ? 1 : 0),
    ...(framePorts.faces && { faces: framePorts.faces }),
  };
  const first = visualStreams(`encoder ${nested![frameOption]!.name}`, nested![frameOption]!.produces(given));
  const facePorts = faces && !shared ? { frames: seen(faces, steps.faces, 'frames'), faces: null } : null;
  const second = facePorts
    ? visualStreams(`encoder ${nested![faceOption]!.name}`, nested![faceOption]!.produces({ frames: facePorts.frames, tracks: tracks(0) }))
        .frames
    : first.faces;
  const stream = (ports: StreamPlan['ports'], kind: 'frame' | 'face', given: typeof first.frames): StreamPlan => {
    const pooling = gridPooling(given, options[`${kind}-tokens`], `encoder.${kind}-tokens`);
    return {
      ports,
      count,
      steps: steps[`${kind}s`],
      tokens: pooling ? pooling.outRows * pooling.outColumns : given.tokens,
      width: given.width,
      rows: pooling ? given.grid && pooling.outRows : (given.grid?.rows ?? null),
      pooling,
    };
  };
  return {
    frames: stream(framePorts, 'frame', first.frames),
    faces: faces && second ? stream(facePorts ?? framePorts, 'face', second) : null,
    shared,
    withoutFace: options['without-face'],
  };
}

const encoderBlock = { required: ['name'], properties: { name: { type: 'string' } } };
const number = { type: 'integer', minimum: 0, maximum: 65536, default: 0 };

export default definePlugin({
  kind: 'encoder',
  name: 'facetrack-mm',
  version: '1.0.0',
  contract: 1,
  summary: 'Any encoder for the frames and any for the principal face, with a budget of tokens for each: the method of FaceTrack-MM.',
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      [frameOption]: {
        type: 'object',
        ...encoderBlock,
        default: { name: 'tiny-vit' },
        description: 'The encoder of frames: its name and its own options.',
      },
      [faceOption]: {
        type: ['object', 'null'],
        ...encoderBlock,
        default: null,
        description: 'The encoder of face crops, likewise, which sees them as its frames; null: that of the frames, as it takes faces.',
      },
      'frame-steps': { ...number, description: 'Frames that are seen, spread evenly over those sampled from the clip; 0: all.' },
      'face-steps': { ...number, description: 'Face crops that are seen, likewise.' },
      'frame-tokens': { ...number, description: 'Tokens of a frame, its patches averaged over cells of their grid; 0: all.' },
      'face-tokens': { ...number, description: 'Tokens of a face crop, likewise.' },
      'without-face': {
        type: 'string',
        enum: ['blank', 'learned', 'skip'],
        default: 'blank',
        description: 'A step without a face: a black crop; learned tokens; or left out, the steps with a face spread over face-steps.',
      },
      order: {
        type: 'string',
        enum: ['frames-first', 'faces-first', 'interleaved'],
        default: 'frames-first',
        description: 'How the projector orders embeddings; interleaved: frame and face of each time step together.',
      },
      separators: {
        type: 'boolean',
        default: false,
        description: 'A learned vector before each run of frame embeddings and of face embeddings; the projector holds it.',
      },
    },
  },
  consumes: ['frames', 'tracks'],
  nested: [frameOption, faceOption],
  input: (_config, nested) => inputOf(nested),
  produces: (config, { frames, tracks }, nested) => {
    const { face } = inputOf(nested);
    const count = frames!.dims['count']!;
    const crops: Port | null = tracks?.dims['principal']
      ? { type: 'faces', dims: { count, height: face.height, width: face.width } }
      : null;
    const plan = planOf(config, { frames: frames!, faces: crops }, nested);
    const { order, separators } = config as unknown as FacetrackMmConfig;
    return {
      type: 'visual-tokens',
      order,
      dims: {
        time: plan.frames.steps,
        'frame-tokens': plan.frames.tokens,
        'face-tokens': plan.faces?.tokens ?? 0,
        width: plan.frames.width,
        ...(plan.frames.rows !== null && { 'frame-rows': plan.frames.rows }),
        ...(plan.faces && { 'face-time': plan.faces.steps, 'face-width': plan.faces.width }),
        ...(plan.faces && plan.faces.rows !== null && { 'face-rows': plan.faces.rows }),
        separators: separators ? 1 : 0,
      },
    };
  },
  // What is learned of a missing face is trained; separators are the projector's.
  frozen: (config, nested) => config['without-face'] !== 'learned' && Object.values(nested!).every((encoder) => encoder.frozen()),
  deterministic: true,
  citation: 'FaceTrack-MM, arXiv 2501.07978; of its encoder only the outline is public (README)',
  licence: { code: 'Apache-2.0' },
  create: async (context, config, { ports, nested }) => {
    const { FacetrackMm } = await import('./facetrack-mm.js');
    const plan = planOf(config, ports, nested);
    const frames = await nested![frameOption]!.create({ ports: plan.frames.ports });
    const faces = plan.faces && !plan.shared ? await nested![faceOption]!.create({ ports: plan.faces.ports }) : null;
    return new FacetrackMm(context.random, plan, { frames, faces });
  },
});
