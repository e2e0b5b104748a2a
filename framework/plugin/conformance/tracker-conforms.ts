import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Box, ClipGeometry, ClipTruth, Detection, PluginManifest, TrackedClip, Tracker } from '../../contracts/index.js';
import { defaultConfig } from '../default-config.js';
import { seededRandom } from '../seeded-random.js';
import { testContext } from './test-context.js';

export interface TrackerCheck {
  /** On top of the schema's defaults; what the schema requires must be here. */
  config?: Readonly<Record<string, unknown>>;
}

interface Scene {
  detections: Detection[][];
  clip: ClipGeometry;
}

/** Some people walking about, each missed now and then, with false faces between them; deeply frozen. */
function scene(seed: number): Scene {
  const random = seededRandom(seed);
  const [width, height] = [320, 240];
  const count = 1 + random.integer(12);
  const step = 0.04 + random.next();
  const people = Array.from({ length: random.integer(5) }, () => ({
    place: [random.next() * width, random.next() * height] as const,
    speed: [random.normal() * 20, random.normal() * 10] as const,
    size: 16 + random.next() * 60,
  }));
  const face = (x: number, y: number, size: number): Detection =>
    Object.freeze({ box: Object.freeze({ x: x - size / 2, y: y - size / 2, width: size, height: size * 1.2 }), score: random.next() });
  const detections = Array.from({ length: count }, (_, frame) => {
    const time = frame * step;
    const found = people
      .filter(() => random.next() < 0.8)
      .map(({ place, speed, size }) => face(place[0] + speed[0] * time, place[1] + speed[1] * time, size));
    if (random.next() < 0.2) found.push(face(random.next() * width, random.next() * height, 10 + random.next() * 30));
    return Object.freeze(found.sort((a, b) => b.score - a.score)) as Detection[];
  });
  const times = Object.freeze(detections.map((_, i) => i * step));
  const boxesOf = ({ place, speed, size }: (typeof people)[number]) =>
    times.map((time) => face(place[0] + speed[0] * time, place[1] + speed[1] * time, size).box);
  const truth: ClipTruth = {
    times,
    people: people.map((person, id) => ({ id: String(id), boxes: boxesOf(person) })),
    principal: '0',
    actions: [],
  };
  const clip = Object.freeze({ width, height, times, clip: `scene-${seed}`, truth });
  return { detections: Object.freeze(detections) as Detection[][], clip };
}

function assertSound({ tracks, principal }: TrackedClip, frames: number, hasPrincipal: boolean): void {
  assert.is(principal.length, frames, 'the principal has an entry per frame');
  assert.is(new Set(tracks.map(({ id }) => id)).size, tracks.length, 'ids are unique');
  const boxes: (Box | null)[] = [...principal];
  for (const track of tracks) {
    assert.ok(Number.isInteger(track.id) && track.id >= 0, `a track with the id ${track.id}`);
    assert.is(track.boxes.length, frames, 'a track has an entry per frame');
    assert.ok(track.boxes.some(Boolean), 'a track without a face');
    boxes.push(...track.boxes);
  }
  for (const box of boxes) {
    if (box)
      assert.ok([box.x, box.y, box.width, box.height].every(Number.isFinite) && box.width > 0 && box.height > 0, 'a box that is none');
  }
  if (!hasPrincipal)
    assert.ok(
      principal.every((box) => box === null),
      'its port says that there is no principal',
    );
}

/** Registers the tests that every tracker must pass. */
export function trackerConforms(plugin: PluginManifest<'tracker'>, check: TrackerCheck = {}): void {
  const config = { ...defaultConfig(plugin.config), ...check.config };
  const title = (what: string) => `tracker ${plugin.name}: ${what}`;
  const port = () => plugin.produces(config, { detections: { type: 'detections', dims: {} } });

  const withTracker = (run: (tracker: Tracker, hasPrincipal: boolean) => void) => async () => {
    const tracker = await plugin.create(testContext(), config, {});
    try {
      run(tracker, port().dims['principal'] === 1);
    } finally {
      await tracker.dispose();
    }
  };

  test(title('its port says whether there is a principal'), () => {
    assert.is(port().type, 'tracks');
    assert.ok(port().dims['principal'] === 0 || port().dims['principal'] === 1);
    assert.equal([...plugin.consumes], ['detections']);
  });

  test(
    title('sound tracks for 200 random scenes, whose detections it leaves alone'),
    withTracker((tracker, hasPrincipal) => {
      for (let seed = 0; seed < 200; seed++) {
        const { detections, clip } = scene(seed);
        assertSound(tracker.track(detections, clip), detections.length, hasPrincipal);
      }
    }),
  );

  test(
    title('a clip without frames, and frames without faces'),
    withTracker((tracker, hasPrincipal) => {
      const truth: ClipTruth = { times: [], people: [], principal: '', actions: [] };
      assertSound(tracker.track([], { width: 320, height: 240, times: [], truth }), 0, hasPrincipal);
      const empty = tracker.track([[], [], []], { width: 320, height: 240, times: [0, 1, 2], truth });
      assert.equal([...empty.principal], [null, null, null]);
      assert.equal([...empty.tracks], []);
    }),
  );

  test(
    title('frame by frame it finds the same tracks, where it works so'),
    withTracker((tracker) => {
      for (let seed = 0; tracker.stream && seed < 50; seed++) {
        const { detections, clip } = scene(seed);
        // Two clips at a time: neither knows of the other.
        const [stream, other] = [tracker.stream(), tracker.stream()];
        const boxesOf = new Map<number, (Box | null)[]>();
        detections.forEach((faces, frame) => {
          other.push(scene(seed + 1).detections[0]!, clip.times[frame]!);
          const ids = stream.push(faces, clip.times[frame]!);
          assert.is(ids.length, faces.length, 'an id or null for every face');
          ids.forEach((id, face) => {
            if (id === null) return;
            if (!boxesOf.has(id)) boxesOf.set(id, new Array<Box | null>(detections.length).fill(null));
            assert.is(boxesOf.get(id)![frame], null, 'a track has one face in a frame');
            boxesOf.get(id)![frame] = faces[face]!.box;
          });
        });
        for (const id of stream.end()) boxesOf.delete(id);
        assert.equal(
          tracker.track(detections, clip).tracks.map(({ boxes }) => boxes),
          [...boxesOf.values()],
        );
      }
    }),
  );

  test(
    title('the principal is one of the tracks, and the one with the highest score, where it says why'),
    withTracker((tracker) => {
      for (let seed = 0; seed < 50; seed++) {
        const { detections, clip } = scene(seed);
        const { tracks, principal, choice } = tracker.track(detections, clip);
        if (!choice) continue;
        const scores = choice.scores.map(({ score }) => score);
        assert.equal(choice.scores.map(({ track }) => track).sort(), tracks.map(({ id }) => id).sort());
        assert.equal(
          scores,
          [...scores].sort((a, b) => b - a),
          'highest first',
        );
        const chosen = tracks.find(({ id }) => id === choice.scores[0]?.track);
        if (principal.some(Boolean)) assert.equal([...principal], [...chosen!.boxes]);
      }
    }),
  );

  test(
    title('the same faces give the same tracks, whatever was tracked before'),
    withTracker((tracker) => {
      if (!plugin.deterministic) return;
      const [one, other] = [scene(5), scene(6)];
      const first = structuredClone(tracker.track(one.detections, one.clip));
      tracker.track(other.detections, other.clip);
      assert.equal(structuredClone(tracker.track(one.detections, one.clip)), first);
    }),
  );
}
