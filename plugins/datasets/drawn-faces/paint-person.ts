import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Pose } from './actions.js';
import type { Person } from './person.js';

const skinColours = {
  fair: ['#fbe3d0', '#e3b798'],
  tan: ['#ebc096', '#c48d5f'],
  bronze: ['#c68f5f', '#95623a'],
  dark: ['#83573d', '#553524'],
} as const;
const hairColours = { black: '#1c1919', brown: '#613c20', blond: '#dfb95c', red: '#b1451f', grey: '#a6a8ad' } as const;
const browColours = { black: '#151212', brown: '#3d2413', blond: '#7d5a1d', red: '#6d260f', grey: '#4b4c50' } as const;
const shirtColours = { red: '#cc2f2a', blue: '#2b5cc9', green: '#2a9750', yellow: '#ecc928', purple: '#7f3cb3', white: '#f1f1ee' } as const;
const lipColours = { fair: '#b0473f', tan: '#a1403a', bronze: '#80302b', dark: '#3a1512' } as const;
const irisColours = ['#3b2a1c', '#2c4a63', '#3d5230'] as const;

/** Where a person's head is. Pixels; `radius` is half the height of the face. */
export interface HeadPlace {
  x: number;
  y: number;
  radius: number;
  /** Radians, clockwise. */
  tilt: number;
}

/** Draws a person down to the lower edge of the picture. Lengths below are in face radii from the middle of the face, y down. */
export function paintPerson(context: SKRSContext2D, person: Person, place: HeadPlace, pose: Pose): void {
  context.save();
  context.translate(place.x, place.y);
  context.scale(place.radius, place.radius);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  paintTorso(context, person);
  context.rotate(place.tilt);
  paintHead(context, person, pose);
  context.restore();
}

function ellipse(context: SKRSContext2D, x: number, y: number, rx: number, ry: number): void {
  context.beginPath();
  context.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
}

function fillEllipse(context: SKRSContext2D, x: number, y: number, rx: number, ry: number): void {
  ellipse(context, x, y, rx, ry);
  context.fill();
}

function paintTorso(context: SKRSContext2D, person: Person): void {
  const [, shade] = skinColours[person.skin];
  if (person.cut === 'long') {
    context.fillStyle = hairColours[person.hair];
    context.beginPath();
    context.roundRect(-0.95, -0.4, 1.9, 1.95, 0.5);
    context.fill();
  }
  context.fillStyle = shirtColours[person.shirt];
  context.beginPath();
  context.moveTo(-0.3, 1.12);
  context.bezierCurveTo(-1, 1.25, -1.45, 1.35, -1.55, 2.2);
  context.lineTo(-1.6, 12);
  context.lineTo(1.6, 12);
  context.lineTo(1.55, 2.2);
  context.bezierCurveTo(1.45, 1.35, 1, 1.25, 0.3, 1.12);
  context.closePath();
  context.fill();
  context.strokeStyle = 'rgba(0,0,0,0.25)';
  context.lineWidth = 0.05;
  context.stroke();
  context.fillStyle = shade;
  context.beginPath();
  context.moveTo(-0.34, 0.6);
  context.lineTo(-0.36, 1.14);
  context.quadraticCurveTo(0, 1.5, 0.36, 1.14);
  context.lineTo(0.34, 0.6);
  context.fill();
}

function paintHead(context: SKRSContext2D, person: Person, pose: Pose): void {
  const [light, shade] = skinColours[person.skin];
  const hair = hairColours[person.hair];
  const wide = person.faceWidth;
  // A turn moves what lies in front to one side and the ears to the other.
  const shift = 0.26 * pose.turn;
  context.fillStyle = hair;
  if (person.cut === 'bob') {
    context.beginPath();
    context.roundRect(-wide - 0.16, -0.7, 2 * wide + 0.32, 1.45, 0.4);
    context.fill();
  }
  fillEllipse(context, -0.1 * shift, -0.2, wide + 0.13, 0.98);
  context.fillStyle = shade;
  for (const side of [-1, 1]) fillEllipse(context, side * (wide + 0.02) - 0.4 * shift, 0.04, 0.13, 0.22);
  const skin = context.createRadialGradient(-0.25 + shift, -0.3, 0.2, 0, 0, 1.15);
  skin.addColorStop(0, light);
  skin.addColorStop(1, shade);
  context.fillStyle = skin;
  context.beginPath();
  // An open jaw makes the face longer.
  const chin = 1 + 0.1 * pose.jaw;
  context.moveTo(-wide, -0.15);
  context.bezierCurveTo(-wide, 0.65, -0.5 * wide, chin, 0, chin);
  context.bezierCurveTo(0.5 * wide, chin, wide, 0.65, wide, -0.15);
  context.bezierCurveTo(wide, -1.22, -wide, -1.22, -wide, -0.15);
  context.fill();
  // From here on the middle of the face.
  context.save();
  context.translate(shift, 0);
  context.scale(1 - 0.1 * Math.abs(pose.turn), 1);
  for (const side of [-1, 1] as const) paintEye(context, person, pose, side);
  paintNose(context, person, shade, shift);
  paintMouth(context, person, pose);
  if (person.glasses) paintGlasses(context, person);
  // Over the glasses, so that they can be read.
  for (const side of [-1, 1] as const) paintBrow(context, person, pose, side);
  context.restore();
  context.fillStyle = hair;
  context.beginPath();
  context.moveTo(-wide - 0.1, -0.1);
  context.bezierCurveTo(-wide - 0.05, -1.45, wide + 0.05, -1.45, wide + 0.1, -0.1);
  context.quadraticCurveTo(wide - 0.06, -0.62, 0.5 * wide + shift, -person.hairline - 0.1);
  context.quadraticCurveTo(shift, -person.hairline - 0.22, -0.5 * wide + shift, -person.hairline - 0.06);
  context.quadraticCurveTo(-wide + 0.06, -0.62, -wide - 0.1, -0.1);
  context.fill();
}

function paintEye(context: SKRSContext2D, person: Person, pose: Pose, side: -1 | 1): void {
  const x = side * person.eyeDistance;
  const y = -0.12;
  const size = person.eyeSize;
  const height = Math.max(0, 0.125 * (1 - pose.lids));
  const line = person.skin === 'dark' ? '#1c0f0a' : '#2f1d15';
  context.strokeStyle = line;
  if (height > 0.03) {
    context.save();
    ellipse(context, x, y, size, height);
    context.fillStyle = '#ffffff';
    context.fill();
    context.clip();
    context.fillStyle = irisColours[person.id.charCodeAt(person.id.length - 1) % irisColours.length]!;
    const iris = x + 0.115 * pose.gaze;
    fillEllipse(context, iris, y, 0.095, 0.105);
    context.fillStyle = '#0b0808';
    fillEllipse(context, iris, y, 0.05, 0.055);
    context.restore();
    context.lineWidth = 0.055;
    context.beginPath();
    context.ellipse(x, y, size, height, 0, Math.PI, 2 * Math.PI);
    context.stroke();
  } else {
    // Closed: the upper lid lies on the lower one.
    context.lineWidth = 0.075;
    context.beginPath();
    context.moveTo(x - size, y + 0.01);
    context.quadraticCurveTo(x, y + 0.14, x + size, y + 0.01);
    context.stroke();
  }
}

/** Up as a whole and rounder, with wrinkles above; or down with the inner ends lower and nearer. */
function paintBrow(context: SKRSContext2D, person: Person, pose: Pose, side: -1 | 1): void {
  const x = side * person.eyeDistance;
  const up = Math.max(0, pose.brows);
  const down = Math.max(0, -pose.brows);
  const base = -0.12 - person.browHeight;
  context.strokeStyle = person.skin === 'dark' ? '#120b08' : browColours[person.hair];
  context.lineWidth = person.browWidth + 0.02 * down;
  context.beginPath();
  const inner = side * (person.eyeDistance - 0.17 - 0.06 * down);
  const outer = side * (person.eyeDistance + 0.2);
  context.moveTo(inner, base + 0.02 - 0.15 * up + 0.2 * down);
  context.quadraticCurveTo(x, base - 0.06 - 0.24 * up + 0.1 * down, outer, base + 0.05 - 0.14 * up + 0.02 * down);
  context.stroke();
  if (up > 0.5) {
    context.strokeStyle = 'rgba(60,30,20,0.3)';
    context.lineWidth = 0.03;
    context.beginPath();
    context.moveTo(side * 0.05, -0.72);
    context.lineTo(side * 0.36, -0.71);
    context.stroke();
  }
}

function paintNose(context: SKRSContext2D, person: Person, shade: string, shift: number): void {
  const tip = 0.02 + person.noseLength;
  const lean = 0.25 * shift;
  context.strokeStyle = shade;
  context.lineWidth = 0.06;
  context.beginPath();
  context.moveTo(-0.06 + lean, -0.02);
  context.quadraticCurveTo(-0.1 + lean, tip - 0.12, -0.13 + lean, tip - 0.03);
  context.stroke();
  context.strokeStyle = 'rgba(60,25,15,0.55)';
  context.lineWidth = 0.05;
  context.beginPath();
  context.moveTo(-0.12 + lean, tip);
  context.quadraticCurveTo(lean, tip + 0.08, 0.12 + lean, tip);
  context.stroke();
}

function paintMouth(context: SKRSContext2D, person: Person, pose: Pose): void {
  const y = 0.58;
  const smile = Math.max(0, pose.mouth);
  const half = person.mouthWidth * (1 + 0.22 * smile - 0.25 * pose.jaw);
  const corner = y - 0.17 * pose.mouth;
  const middle = y + 0.15 * pose.mouth;
  const lips = lipColours[person.skin];
  if (pose.jaw > 0.15) {
    context.fillStyle = '#360d0d';
    fillEllipse(context, 0, y + 0.06 * pose.jaw, half, 0.06 + 0.2 * pose.jaw);
    context.strokeStyle = lips;
    context.lineWidth = 0.07;
    context.stroke();
    context.fillStyle = '#f4efe6';
    context.fillRect(-0.6 * half, y - 0.12 * pose.jaw, 1.2 * half, 0.06);
    return;
  }
  context.strokeStyle = lips;
  context.lineWidth = 0.095;
  context.beginPath();
  context.moveTo(-half, corner);
  context.quadraticCurveTo(0, 2 * middle - corner, half, corner);
  if (smile > 0.4) {
    // Teeth between the lips.
    context.quadraticCurveTo(0, middle - 0.05, -half, corner);
    context.fillStyle = '#fbf8f2';
    context.fill();
  }
  context.stroke();
}

function paintGlasses(context: SKRSContext2D, person: Person): void {
  context.strokeStyle = '#15151a';
  context.lineWidth = 0.05;
  const ring = person.eyeDistance - 0.05;
  for (const side of [-1, 1]) {
    ellipse(context, side * person.eyeDistance, -0.09, ring, 0.215);
    context.fillStyle = 'rgba(210,225,255,0.12)';
    context.fill();
    context.stroke();
    context.beginPath();
    context.moveTo(side * (person.eyeDistance + ring), -0.12);
    context.lineTo(side * person.faceWidth, -0.16);
    context.stroke();
  }
  context.beginPath();
  context.moveTo(-0.05, -0.1);
  context.lineTo(0.05, -0.1);
  context.stroke();
}
