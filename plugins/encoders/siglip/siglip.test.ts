import { test } from 'uvu';
import { manifestConforms, sourceFolder, visionEncoderConforms } from 'mienlab/conformance';
import { siglip } from './siglip.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
visionEncoderConforms(plugin, siglip);

test.run();
