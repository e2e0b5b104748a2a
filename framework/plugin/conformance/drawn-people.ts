import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import type { Box, Frames } from '../../contracts/index.js';

interface Person {
  x: number;
  y: number;
  radius: number;
}

function ellipse(pen: SKRSContext2D, style: string, x: number, y: number, rx: number, ry: number): void {
  pen.fillStyle = style;
  pen.beginPath();
  pen.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
  pen.fill();
}

function drawPerson(pen: SKRSContext2D, { x, y, radius: r }: Person): void {
  ellipse(pen, '#3f5f92', x, y + 2.4 * r, 1.5 * r, 1.1 * r);
  pen.fillStyle = '#c98f6c';
  pen.fillRect(x - 0.3 * r, y + 0.7 * r, 0.6 * r, 0.7 * r);
  ellipse(pen, '#3a2a1e', x, y - 0.15 * r, 0.95 * r, 1.15 * r);
  for (const side of [-1, 1]) ellipse(pen, '#c98f6c', x + side * 0.8 * r, y + 0.05 * r, 0.12 * r, 0.22 * r);
  const skin = pen.createRadialGradient(x - 0.2 * r, y - 0.2 * r, 0.1 * r, x, y, 1.1 * r);
  skin.addColorStop(0, '#eec3a0');
  skin.addColorStop(1, '#c08560');
  pen.fillStyle = skin;
  pen.beginPath();
  pen.ellipse(x, y + 0.08 * r, 0.78 * r, r, 0, 0, 2 * Math.PI);
  pen.fill();
  ellipse(pen, '#3a2a1e', x, y - 0.85 * r, 0.62 * r, 0.28 * r);
  for (const side of [-1, 1]) {
    const eye = x + side * 0.32 * r;
    ellipse(pen, '#ffffff', eye, y - 0.12 * r, 0.17 * r, 0.1 * r);
    ellipse(pen, '#3d2a18', eye, y - 0.12 * r, 0.08 * r, 0.09 * r);
    pen.fillStyle = '#35251a';
    pen.fillRect(eye - 0.2 * r, y - 0.36 * r, 0.4 * r, 0.07 * r);
  }
  ellipse(pen, '#b2754f', x, y + 0.22 * r, 0.11 * r, 0.16 * r);
  ellipse(pen, '#a84848', x, y + 0.58 * r, 0.28 * r, 0.09 * r);
}

/** For tests: frames with shaded drawn people, and where each one's face is (brows to chin). */
export function drawnPeople(width: number, height: number, people: readonly (readonly Person[])[]): { frames: Frames; faces: Box[][] } {
  const data = new Uint8Array(people.length * width * height * 3);
  people.forEach((row, frame) => {
    const canvas = createCanvas(width, height);
    const pen = canvas.getContext('2d');
    pen.fillStyle = '#8fa39a';
    pen.fillRect(0, 0, width, height);
    for (const person of row) drawPerson(pen, person);
    const rgba = pen.getImageData(0, 0, width, height).data;
    for (let i = 0; i < width * height; i++) {
      for (let channel = 0; channel < 3; channel++) data[(frame * width * height + i) * 3 + channel] = rgba[i * 4 + channel]!;
    }
  });
  const face = ({ x, y, radius }: Person): Box => ({
    x: x - 0.75 * radius,
    y: y - 0.6 * radius,
    width: 1.5 * radius,
    height: 1.5 * radius,
  });
  return { frames: { width, height, data, times: people.map((_, i) => i / 4) }, faces: people.map((row) => row.map(face)) };
}
