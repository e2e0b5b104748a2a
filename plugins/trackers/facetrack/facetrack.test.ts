import { manifestConforms, sourceFolder, trackerConforms } from 'mienlab/conformance';
import type { Box, ClipGeometry, Detection, TrackedClip } from 'mienlab/contracts';
import { defaultConfig, seededRandom } from 'mienlab/plugin';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { facetrack } from './facetrack.js';
import plugin from './plugin.js';

manifestConforms(plugin, sourceFolder(import.meta.url));
trackerConforms(plugin);

const tracker = (config: Record<string, number> = {}) => facetrack({ ...defaultConfig(plugin.config), ...config });

/** A face of one size around a middle. */
const face = (x: number, y: number, size = 40): Detection => ({
  box: { x: x - size / 2, y: y - size / 2, width: size, height: size },
  score: 0.9,
});

/** A clip of 320x240 with `step` seconds between frames; rows are frames, an absent face is null. */
function track(rows: (Detection | null)[][], step: number, config: Record<string, number> = {}): TrackedClip & { ids: number[][] } {
  const detections = rows.map((row) => row.filter((one) => one !== null));
  const result = tracker(config).track(detections, { width: 320, height: 240, times: rows.map((_, i) => i * step) });
  // Which track each face of each frame is in.
  const ids = detections.map((row, frame) => row.map(({ box }) => result.tracks.find(({ boxes }) => boxes[frame] === box)?.id ?? -1));
  return { ...result, ids };
}

test('two people who stand still keep their tracks, however their faces are ordered', () => {
  const [a, b] = [face(80, 100), face(200, 100)];
  const { ids, tracks } = track(
    [
      [a, b],
      [b, a],
      [a, b],
    ],
    0.4,
  );
  assert.equal(ids, [
    [0, 1],
    [1, 0],
    [0, 1],
  ]);
  assert.equal(tracks[1]!.boxes, [b.box, b.box, b.box]);
});

test('two people cross: each goes on in its direction', () => {
  // 75 pixels a second towards and past each other, sampled every 0.4 s; in frame 3 they are 0 pixels apart, one hides the other.
  const at = (frame: number) => [face(70 + 30 * frame, 100), face(250 - 30 * frame, 104)];
  const { ids, tracks } = track([at(0), at(1), at(2), [at(3)[0]!, null], at(4), at(5), at(6)], 0.4);
  assert.equal(ids, [[0, 1], [0, 1], [0, 1], [0], [0, 1], [0, 1], [0, 1]]);
  assert.is(tracks.length, 2);
  assert.is(tracks[1]!.boxes[3], null);
});

test('someone appears and someone leaves: a new track, and the old one ends', () => {
  const [a, b, c] = [face(60, 100), face(160, 100), face(270, 100)];
  const { ids, tracks } = track(
    [
      [a, b],
      [a, b],
      [a, b, c],
      [b, c],
      [b, c],
    ],
    0.4,
  );
  assert.equal(ids, [
    [0, 1],
    [0, 1],
    [0, 1, 2],
    [1, 2],
    [1, 2],
  ]);
  assert.equal(tracks[0]!.boxes, [a.box, a.box, a.box, null, null]);
});

test('a face is waited for: 2 s and 2 frames, no longer', () => {
  const a = face(160, 100);
  const gap = (frames: number) => [[a], ...Array.from({ length: frames }, () => [null]), [a]];
  assert.is(track(gap(4), 0.4).tracks.length, 1, '2.0 s after it was last seen');
  assert.is(track(gap(5), 0.4).tracks.length, 2, '2.4 s after');
  assert.is(track(gap(2), 7).tracks.length, 1, 'two sparse frames are waited for, though that takes 21 s');
  assert.is(track(gap(3), 7).tracks.length, 2);
  assert.is(track(gap(12), 0.04, { 'max-age': 0.2 }).tracks.length, 2);
});

test('reach grows with the time between frames', () => {
  const moved = [[face(100, 100)], [face(148, 100)]]; // 1.2 face sizes
  assert.is(track(moved, 0.04).tracks.length, 2, 'not within a frame of a film');
  assert.is(track(moved, 0.5).tracks.length, 1, 'but within half a second');
  assert.is(track([[face(60, 100)], [face(150, 100)]], 30).tracks.length, 2, 'never more than max-reach');
});

test('a face of another size is another person', () => {
  assert.is(track([[face(100, 100, 30)], [face(100, 100, 60)]], 0.4).tracks.length, 2);
  assert.is(track([[face(100, 100, 30)], [face(100, 100, 50)]], 0.4).tracks.length, 1);
});

test('the whole decides, not the nearest pair first', () => {
  // Both move right by 24: the old place of b is nearest to the new place of a.
  const { ids } = track(
    [
      [face(100, 100), face(128, 100)],
      [face(124, 100), face(152, 100)],
    ],
    0.4,
  );
  assert.equal(ids, [
    [0, 1],
    [0, 1],
  ]);
});

test('shot and reverse shot: after a cut back a face goes on where it stood, for as long as return-age', () => {
  const [a, b] = [face(60, 100), face(250, 120)];
  const shots = (away: number) => [...Array.from({ length: 3 }, () => [a]), ...Array.from({ length: away }, () => [b]), [a], [a], [b]];
  const ids = (away: number, config?: Record<string, number>) => track(shots(away), 1, config).ids.map(([id]) => id);
  assert.equal(ids(6), [0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1]);
  assert.is(ids(6, { 'return-age': 5 })[9], 2);
  assert.is(ids(6, { 'return-overlap': 1 })[9], 0, 'it stands where it stood');
  // 40 pixels wide, moved by 25: 15 / 65.
  const moved = track([[a], [a], [b], [b], [b], [b], [b], [b], [face(85, 100)]], 1).ids;
  assert.is(moved[8]![0], 2, 'elsewhere is somebody else');
});

test('who leaves while others stay is not waited for as if a cut had taken them', () => {
  const [a, b] = [face(60, 100), face(250, 120)];
  const rows = [[a, b], [a, b], ...Array.from({ length: 6 }, () => [b]), [a, b]];
  assert.equal(track(rows, 1).ids.at(-1), [2, 1]);
});

test('min-seen drops faces that were seen less often', () => {
  const [a, b] = [face(60, 100), face(250, 120)];
  assert.equal(track([[a], [a, b], [a]], 1, { 'min-seen': 2 }).ids, [[0], [0, -1], [0]]);
});

test('the principal is the face that is long there, large and central', () => {
  const [middle, edge] = [face(160, 120, 40), face(20, 120, 52)];
  assert.equal(
    track(
      [
        [edge, middle],
        [edge, middle],
      ],
      0.4,
    ).principal,
    [middle.box, middle.box],
    'central beats larger',
  );
  assert.equal(
    track(
      [
        [edge, middle],
        [edge, middle],
      ],
      0.4,
      { 'centre-weight': 0 },
    ).principal,
    [edge.box, edge.box],
  );
  const brief = face(250, 120, 50);
  assert.equal(track([[middle, brief], [middle], [middle], [middle]], 0.4).principal, [middle.box, middle.box, middle.box, middle.box]);
  const gone = track([[middle, brief], [brief], [brief]], 0.4);
  assert.equal(gone.principal, [brief.box, brief.box, brief.box], 'who stays');
  assert.equal(track([[middle, brief], [brief], [brief]], 0.4, { 'presence-weight': 0 }).principal, [middle.box, null, null]);
});

test('its prominence is the mean over all frames of (size / height)^2 exp(-((x / width - 0.5) / 0.35)^2)', () => {
  // Equal by that formula but for the last digits: sizes s1, s2 at offsets 0 and 0.25 with s2 = s1 exp((0.25 / 0.35)^2 / 2).
  const balanced = 40 * Math.exp((0.25 / 0.35) ** 2 / 2);
  const principalOf = (size: number) => track([[face(160, 100, 40), face(240, 100, size)]], 1).principal[0]!.width;
  assert.is(principalOf(balanced * 0.999), 40);
  assert.ok(Math.abs(principalOf(balanced * 1.001) - balanced * 1.001) < 1e-9);
  // Twice as long is worth the square root of two in size.
  const half = (size: number) => track([[face(160, 60, 40), face(160, 180, size)], [face(160, 60, 40)]], 1).principal[1];
  assert.ok(half(40 * Math.SQRT2 * 0.999));
  assert.is(half(40 * Math.SQRT2 * 1.001), null);
});

/** People on straight ways with jitter, misses and false faces. */
function scene(seed: number): { detections: Detection[][]; clip: ClipGeometry } {
  const random = seededRandom(seed);
  const people = Array.from({ length: 1 + random.integer(4) }, () => ({
    x: random.next() * 320,
    y: random.next() * 240,
    dx: random.normal() * 15,
    size: 20 + random.next() * 40,
  }));
  const step = 0.05 + random.next() * 0.5;
  const detections = Array.from({ length: 8 }, (_, frame) => {
    const found = people
      .filter(() => random.next() < 0.85)
      .map(({ x, y, dx, size }) => face(x + dx * frame * step + random.normal(), y + random.normal(), size * (1 + 0.05 * random.normal())));
    return random.next() < 0.2 ? [...found, face(random.next() * 320, random.next() * 240, 30)] : found;
  });
  return { detections, clip: { width: 320, height: 240, times: detections.map((_, i) => i * step) } };
}

test('every face is in exactly one track, and a track has nothing else', () => {
  for (let seed = 0; seed < 300; seed++) {
    const { detections, clip } = scene(seed);
    const { tracks, principal } = tracker().track(detections, clip);
    detections.forEach((faces, frame) => {
      const inTracks = tracks.map(({ boxes }) => boxes[frame]).filter((box): box is Box => Boolean(box));
      assert.is(inTracks.length, faces.length);
      assert.equal(new Set(inTracks), new Set(faces.map(({ box }) => box)));
    });
    assert.equal(
      tracks.map(({ id }) => id),
      tracks.map((_, i) => i),
    );
    assert.ok(tracks.some(({ boxes }) => boxes === principal));
  }
});

test('tracks do not change under translation and scale; the principal not under scale', () => {
  const shape = ({ tracks }: TrackedClip) => tracks.map(({ boxes }) => boxes.map(Boolean));
  const which = ({ tracks, principal }: TrackedClip) => tracks.findIndex(({ boxes }) => boxes === principal);
  for (let seed = 0; seed < 200; seed++) {
    const { detections, clip } = scene(seed);
    const before = tracker().track(detections, clip);
    // Powers of two, so that nothing is rounded.
    const moved = (scale: number, shift: number) =>
      detections.map((faces) =>
        faces.map(({ box, score }) => ({
          box: { x: box.x * scale + shift, y: box.y * scale + shift, width: box.width * scale, height: box.height * scale },
          score,
        })),
      );
    const scaled = tracker().track(moved(4, 0), { ...clip, width: clip.width * 4, height: clip.height * 4 });
    assert.equal(shape(scaled), shape(before));
    assert.is(which(scaled), which(before));
    assert.equal(shape(tracker().track(moved(1, 1024), clip)), shape(before));
  }
});

test.run();
