import { test } from 'uvu';
import { manifestConforms, sourceFolder, visionEncoderConforms } from 'mienlab/conformance';
import { vit } from './vit.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
visionEncoderConforms(plugin, vit);

test.run();
