import type { Placed } from '../config/load-settings.js';
import type { Settings } from '../config/settings-schema.js';
import type { PluginKind, Port } from '../contracts/index.js';
import { Fault } from '../faults/index.js';
import { pluginKinds } from '../plugin/index.js';
import type { Chosen, PlannedPorts, RunPlan } from './run-plan.js';

/** A port's form for messages: `embeddings {tokens: 16, hidden: 128}`. */
function show(port: Port): string {
  const dims = Object.entries(port.dims).map(([name, size]) => `${name}: ${size ?? 'any'}`);
  return `${port.type}${dims.length ? ` {${dims.join(', ')}}` : ''}`;
}

/**
 * Follows the data from the clips to the LLM head through the manifests alone and checks that types and sizes fit.
 * Throws Fault PORT_MISMATCH with the place of the plugin's choice in the config.
 */
export function checkPorts(plugins: RunPlan['plugins'], settings: Settings, placed: Placed): PlannedPorts {
  /** A mismatch, with the place where the plugin was chosen, or where the option that its manifest names was set. */
  function at(kind: PluginKind, message: string, details: Fault['details']): Fault {
    const { group } = pluginKinds[kind];
    if (details.key?.startsWith(`${group}.`)) return placed.fault(details.key.split('.'), 'PORT_MISMATCH', message, details);
    return Object.hasOwn(placed.choices, group)
      ? placed.choiceFault(group, 'PORT_MISMATCH', message, details)
      : placed.fault([group], 'PORT_MISMATCH', message, details);
  }

  /** A manifest's answer; what it objects to gets its place. */
  function ask<Answer>(kind: PluginKind, question: () => Answer): Answer {
    try {
      return question();
    } catch (error) {
      if (!(error instanceof Fault) || error.details.where) throw error;
      throw at(kind, error.message, error.details);
    }
  }

  /** Asks a plugin what it gives for what it is given, and names the plugin and its place in whatever it objects to. */
  function pass<Kind extends PluginKind>({ manifest, config }: Chosen<Kind>, before: readonly Port[]): Port {
    const given = Object.fromEntries(before.map((port) => [port.type, port]));
    const unmet = manifest.consumes.find((type) => !Object.hasOwn(given, type));
    if (unmet) {
      throw at(manifest.kind, `${manifest.kind} "${manifest.name}" consumes ${unmet}, which nothing before it gives`, {
        expected: before.map(show).join(', '),
      });
    }
    return ask(manifest.kind, () => manifest.produces(config, given));
  }

  const clips = pass(plugins.dataset, []);
  const count = settings.video.frames;
  const decoded: Port = { type: 'frames', dims: { count, height: null, width: null } };
  const detections = pass(plugins.detector, [clips, decoded]);
  const tracks = pass(plugins.tracker, [detections]);
  // checkManifest has seen to it that encoders and heads have these.
  const input = ask('encoder', () => plugins.encoder.manifest.input!(plugins.encoder.config));
  const limits = ask('llm-head', () => plugins['llm-head'].manifest.limits!(plugins['llm-head'].config));
  const sides = ({ height, width }: { height: number; width: number }) => ({ count, height, width });
  const frames: Port = { type: 'frames', dims: sides(input.frame) };
  const faces: Port | null = tracks.dims['principal'] ? { type: 'faces', dims: sides(input.face) } : null;
  const tokens = pass(plugins.encoder, faces ? [frames, tracks, faces] : [frames, tracks]);
  const head: Port = { type: 'llm-head', dims: { hidden: limits.hidden } };
  const projected = pass(plugins.projector, [tokens, head]);
  // A projector that leaves the width open takes the LLM head's.
  const embeddings: Port = { ...projected, dims: { ...projected.dims, hidden: projected.dims['hidden'] ?? limits.hidden } };
  pass(plugins['llm-head'], [embeddings]);

  const projector = plugins.projector.manifest.name;
  const name = plugins['llm-head'].manifest.name;
  if (embeddings.dims['hidden'] !== limits.hidden) {
    throw at('projector', `projector "${projector}" gives ${show(embeddings)}, LLM head "${name}" takes hidden: ${limits.hidden}`, {
      expected: `hidden: ${limits.hidden}`,
      hint: 'set both to one width',
    });
  }
  const visual = embeddings.dims['tokens'] ?? 0;
  const longest = settings.generate['max-new-tokens'];
  if (visual + longest > limits.contextLength) {
    const message = `${visual} visual tokens and ${longest} new ones are more than the ${limits.contextLength} of LLM head "${name}"`;
    throw placed.fault(['generate', 'max-new-tokens'], 'PORT_MISMATCH', message, {
      expected: `at most ${limits.contextLength} in all, the instruction included`,
      hint: 'fewer frames, fewer tokens a frame, shorter answers, or a longer context-length',
    });
  }
  return { frames, faces, tracks, tokens, embeddings };
}
