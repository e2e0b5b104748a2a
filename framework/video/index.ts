export { assertFrames } from './assert-frames.js';
export { boxArea, boxBetween, boxCentre, boxIou } from './box.js';
export { cropSquares, type CropOptions } from './crop-squares.js';
export { decodeFrames, type DecodedFrames, type DecodeOptions } from './decode-frames.js';
export { encodeVideo, type EncodeOptions } from './encode-video.js';
export { ffmpegExecutable } from './ffmpeg-executable.js';
export { keepFaces, type FaceLimits } from './keep-faces.js';
export { type Sampling } from './pick-frames.js';
export { resizeFrames } from './resize-frames.js';
