import { test } from 'uvu';
import { manifestConforms, sourceFolder, visionEncoderConforms } from 'mienlab/conformance';
import { dinov2 } from './dinov2.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
visionEncoderConforms(plugin, dinov2);

test.run();
