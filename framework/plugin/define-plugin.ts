import type { PluginKind, PluginManifest } from '../contracts/index.js';
import { checkManifest } from './check-manifest.js';

/** Declares a plugin. Throws Fault PLUGIN_MANIFEST where the manifest is not whole. */
export function definePlugin<Kind extends PluginKind>(manifest: PluginManifest<Kind>): PluginManifest<Kind> {
  checkManifest(manifest);
  return Object.freeze(manifest);
}
