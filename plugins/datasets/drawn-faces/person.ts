import type { Random } from 'mienlab/contracts';

/** What captions say of a person. */
const skins = ['fair', 'tan', 'bronze', 'dark'] as const;
const hairs = ['black', 'brown', 'blond', 'red', 'grey'] as const;
const shirts = ['red', 'blue', 'green', 'yellow', 'purple', 'white'] as const;
const cuts = ['short', 'long', 'bob'] as const;

/** A drawn person: attributes that captions name, and a shape of their own. Lengths are in face radii (half the height of the face). */
export interface Person {
  /** Attributes and shape seed; two persons of a dataset never share it. */
  id: string;
  skin: (typeof skins)[number];
  hair: (typeof hairs)[number];
  shirt: (typeof shirts)[number];
  glasses: boolean;
  cut: (typeof cuts)[number];
  faceWidth: number;
  eyeDistance: number;
  eyeSize: number;
  browHeight: number;
  browWidth: number;
  noseLength: number;
  mouthWidth: number;
  hairline: number;
}

/** `serial` is the person's own number in the dataset; it goes through a bijection of 32 bits into the shape seed, so no two are equal. */
export function makePerson(random: Random, serial: number): Person {
  const shape = Math.imul(serial ^ 0x5bd1e995, 0x9e3779b1) >>> 0;
  const shapes = random.fork(`shape-${shape}`);
  const one = <T>(items: readonly T[]) => items[random.integer(items.length)]!;
  const between = (low: number, high: number) => low + (high - low) * shapes.next();
  const [skin, hair, shirt, glasses] = [one(skins), one(hairs), one(shirts), random.next() < 0.4];
  return {
    id: [skin, hair, shirt, glasses ? 'glasses' : 'plain', shape.toString(16).padStart(8, '0')].join('-'),
    skin,
    hair,
    shirt,
    glasses,
    cut: cuts[shapes.integer(cuts.length)]!,
    faceWidth: between(0.74, 0.84),
    eyeDistance: between(0.31, 0.36),
    eyeSize: between(0.17, 0.2),
    browHeight: between(0.26, 0.3),
    browWidth: between(0.075, 0.1),
    noseLength: between(0.3, 0.38),
    mouthWidth: between(0.3, 0.37),
    hairline: between(0.64, 0.74),
  };
}
