import { createCanvas } from '@napi-rs/canvas';
import type { Box, Frames, TrackedClip } from '../../contracts/index.js';

const size = { width: 240, height: 180 };

function box(x: number, y: number, radius: number): Box {
  return { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
}

/** Eight drawn frames of two faces, with their tracks; the smaller, central one is the principal. */
export function madeUpFrames(): { frames: Frames; tracked: TrackedClip; truth: Box[] } {
  const count = 8;
  const data = new Uint8Array(count * size.width * size.height * 3);
  const [principal, other]: [Box[], Box[]] = [[], []];
  for (let index = 0; index < count; index++) {
    const canvas = createCanvas(size.width, size.height);
    const context = canvas.getContext('2d');
    const light = context.createLinearGradient(0, 0, 0, size.height);
    light.addColorStop(0, '#b9c6cf');
    light.addColorStop(1, '#8d9a8f');
    context.fillStyle = light;
    context.fillRect(0, 0, size.width, size.height);
    const faces = [
      { x: 105 + 2 * index, y: 92, radius: 30, skin: '#d9a67d', hair: '#6b2d16', smile: index > 2 ? 0.5 : -0.2 },
      { x: 208 - index, y: 84, radius: 36, skin: '#b57f56', hair: '#2b2320', smile: index > 4 ? -0.5 : 0.3 },
    ];
    for (const { x, y, radius, skin, hair, smile } of faces) {
      context.fillStyle = '#40607f';
      context.fillRect(x - radius * 1.2, y + radius * 1.25, radius * 2.4, size.height);
      const ellipse = (dx: number, dy: number, rx: number, ry: number, colour: string) => {
        context.fillStyle = colour;
        context.beginPath();
        context.ellipse(x + dx * radius, y + dy * radius, rx * radius, ry * radius, 0, 0, 2 * Math.PI);
        context.fill();
      };
      ellipse(0, -0.2, 1, 1.15, hair);
      ellipse(0, 0.1, 0.85, 1.1, skin);
      for (const side of [-0.35, 0.35]) {
        ellipse(side, -0.1, 0.16, 0.1, '#ffffff');
        ellipse(side, -0.1, 0.08, 0.09, '#23313a');
      }
      context.strokeStyle = '#8c3b32';
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(x - 0.35 * radius, y + 0.6 * radius);
      context.quadraticCurveTo(x, y + (0.6 + smile) * radius, x + 0.35 * radius, y + 0.6 * radius);
      context.stroke();
    }
    principal.push(box(faces[0]!.x, 94, 31));
    other.push(box(faces[1]!.x, 87, 37));
    const { data: rgba } = context.getImageData(0, 0, size.width, size.height);
    for (let i = 0; i < size.width * size.height; i++)
      data.set(rgba.subarray(4 * i, 4 * i + 3), 3 * (index * size.width * size.height + i));
  }
  const truth = principal.map(({ x, y, width, height }) => ({ x: x + 2, y: y - 3, width, height }));
  const tracked = {
    tracks: [
      { id: 0, boxes: principal },
      { id: 1, boxes: other },
    ],
    principal,
  };
  return { frames: { ...size, data, times: Array.from({ length: count }, (_, i) => 0.1875 + 0.375 * i) }, tracked, truth };
}
