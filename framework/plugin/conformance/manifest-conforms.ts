import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { PluginKind, PluginManifest } from '../../contracts/index.js';
import { checkManifest } from '../check-manifest.js';
import { defaultConfig } from '../default-config.js';

/**
 * Registers the tests that every plugin must pass, whatever its kind: a whole manifest, and a default.yaml and README.md in its folder,
 * default.yaml saying the same as the schema's defaults (a metric's lies under the metric's name, any other's beside `name`).
 * `folder` is the plugin's source folder.
 */
export function manifestConforms<Kind extends PluginKind>(plugin: PluginManifest<Kind>, folder: string): void {
  test(`${plugin.kind} ${plugin.name}: its manifest is whole`, () => {
    checkManifest(plugin as PluginManifest<PluginKind>);
  });

  test(`${plugin.kind} ${plugin.name}: default.yaml says what the schema says`, () => {
    const file = parse(readFileSync(join(folder, 'default.yaml'), 'utf8')) as Record<string, unknown>;
    const missing = Object.fromEntries((plugin.config.required ?? []).map((name) => [name, '???']));
    const block = { ...defaultConfig(plugin.config), ...missing };
    assert.equal(file, plugin.kind === 'metric' ? { [plugin.name]: block } : { name: plugin.name, ...block });
  });

  test(`${plugin.kind} ${plugin.name}: has a README.md`, () => {
    assert.ok(existsSync(join(folder, 'README.md')));
  });
}
