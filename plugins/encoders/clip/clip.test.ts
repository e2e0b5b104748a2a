import { test } from 'uvu';
import { manifestConforms, sourceFolder, visionEncoderConforms } from 'mienlab/conformance';
import { clip } from './clip.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
visionEncoderConforms(plugin, clip);

test.run();
