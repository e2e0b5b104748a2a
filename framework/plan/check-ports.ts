import type { Origin } from '../config/load-settings.js';
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
export function checkPorts(plugins: RunPlan['plugins'], settings: Settings, origin: Origin): PlannedPorts {
  /** Asks a plugin what it gives for what it is given, and names the plugin and its place in whatever it objects to. */
  function pass<Kind extends PluginKind>({ manifest, config }: Chosen<Kind>, before: readonly Port[]): Port {
    const given = Object.fromEntries(before.map((port) => [port.type, port]));
    const { group } = pluginKinds[manifest.kind];
    const where = origin([group, 'name']);
    const unmet = manifest.consumes.find((type) => !Object.hasOwn(given, type));
    if (unmet) {
      throw new Fault('PORT_MISMATCH', `${manifest.kind} "${manifest.name}" consumes ${unmet}, which nothing before it gives`, {
        where,
        expected: before.map(show).join(', '),
      });
    }
    try {
      return manifest.produces(config, given);
    } catch (error) {
      if (!(error instanceof Fault) || error.details.where) throw error;
      throw new Fault(error.code, error.message, { ...error.details, where });
    }
  }

  const clips = pass(plugins.dataset, []);
  const detections = pass(plugins.detector, [clips]);
  const tracks = pass(plugins.tracker, [detections]);
  // checkManifest has seen to it that encoders and heads have these.
  const input = plugins.encoder.manifest.input!(plugins.encoder.config);
  const limits = plugins['llm-head'].manifest.limits!(plugins['llm-head'].config);
  const count = settings.video.frames;
  const frames: Port = { type: 'frames', dims: { count, ...input.frame } };
  const faces: Port | null = tracks.dims['principal'] ? { type: 'faces', dims: { count, ...input.face } } : null;
  const tokens = pass(plugins.encoder, faces ? [frames, tracks, faces] : [frames, tracks]);
  const head: Port = { type: 'llm-head', dims: { hidden: limits.hidden } };
  const projected = pass(plugins.projector, [tokens, head]);
  // A projector that leaves the width open takes the LLM head's.
  const embeddings: Port = { ...projected, dims: { ...projected.dims, hidden: projected.dims['hidden'] ?? limits.hidden } };
  pass(plugins['llm-head'], [embeddings]);

  const projector = plugins.projector.manifest.name;
  const name = plugins['llm-head'].manifest.name;
  if (embeddings.dims['hidden'] !== limits.hidden) {
    throw new Fault(
      'PORT_MISMATCH',
      `projector "${projector}" gives ${show(embeddings)}, LLM head "${name}" takes hidden: ${limits.hidden}`,
      {
        where: origin(['projector', 'name']),
        expected: `hidden: ${limits.hidden}`,
        hint: 'set both to one width',
      },
    );
  }
  const longest = (embeddings.dims['tokens'] ?? 0) + settings.generate['max-new-tokens'];
  if (longest > limits.contextLength) {
    throw new Fault(
      'PORT_MISMATCH',
      `${embeddings.dims['tokens']} visual tokens and ${settings.generate['max-new-tokens']} new ones are more than the ${limits.contextLength} of LLM head "${name}"`,
      {
        where: origin(['generate', 'max-new-tokens']) ?? origin(['llm-head', 'name']),
        expected: `at most ${limits.contextLength} in all, the instruction included`,
        hint: 'fewer frames, fewer tokens a frame, shorter answers, or a longer context-length',
      },
    );
  }
  return { frames, faces, tracks, tokens, embeddings };
}
