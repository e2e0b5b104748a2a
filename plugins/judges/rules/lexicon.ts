import type { Direction } from './statement.js';

/** A facial action or an emotion, and how English says it in lower case. */
export interface Entry {
  action: string;
  /** What must be spoken of; anything where absent. */
  region?: Region;
  pattern: RegExp;
  /** A direction that lies in the word itself. */
  way?: Direction;
  /** Whether left, right, up, down and front belong to it. */
  directed?: boolean;
  /** Written for what does not happen, such as `silent`. */
  negates?: boolean;
}

export type Region = keyof typeof regions;

/** In this order: the first that is spoken of counts. */
export const regions = {
  corners: /\b(?:corners? of (?:his|her|the|their) (?:\w+ )?(?:mouth|lips?)|(?:mouth|lip) corners?)\b/,
  lids: /\beyelids?\b/,
  brows: /\b(?:eye)?brows?\b/,
  eyes: /\b(?:eyes?|eyeballs?|gaze)\b/,
  teeth: /\bteeth\b/,
  lips: /\blips?\b/,
  mouth: /\bmouth\b/,
  tongue: /\btongue\b/,
  cheeks: /\bcheeks?\b/,
  nose: /\b(?:nose|nostrils?)\b/,
  chin: /\b(?:chin|jaw)\b/,
  head: /\b(?:head|face)\b/,
  forehead: /\bforehead\b/,
} as const;

const raising =
  /\b(?:rais\w*|lift\w*|ris(?:es?|ing|en)|rose|arch\w*|elevat\w*|upturned|(?:turn|curl|curv|go|pull|tilt|lean)\w* (?:slightly |a bit |a little )?up\w*|upwards?)\b/;
const lowering =
  /\b(?:lower\w*|drop\w*|droop\w*|fall\w*|sag\w*|bow(?:s|ed|ing)?|(?:turn|curl|curv|go|pull|press|tilt|lean)\w* (?:slightly |a bit |a little )?down\w*|downwards?)\b/;

const emotion = (action: string, pattern: RegExp): Entry => ({ action, pattern });

export const entries: readonly Entry[] = [
  { action: 'smile', pattern: /\b(?:smil\w*|grin\w*|beam(?:s|ing))\b/ },
  { action: 'smile', region: 'corners', pattern: raising },
  { action: 'laugh', pattern: /\b(?:laugh\w*|chuckl\w*|giggl\w*)\b/ },
  { action: 'mouth corners drop', region: 'corners', pattern: lowering },
  { action: 'frown', pattern: /\b(?:frown\w*|scowl\w*)\b/ },
  {
    action: 'frown',
    region: 'brows',
    pattern: /\b(?:furrow\w*|knit\w*|wrinkl\w*|(?:draw\w*|drawn|pull\w*|squeez\w*).{0,30}together|contract\w*)\b/,
  },
  { action: 'brows relax', region: 'brows', pattern: /\brelax\w*\b/ },
  { action: 'brow move', region: 'brows', pattern: raising, way: 'up', directed: true },
  { action: 'brow move', region: 'brows', pattern: lowering, way: 'down', directed: true },
  { action: 'eyes close', region: 'eyes', pattern: /\b(?:clos(?:es?|ed|ing)|shut\w*)\b/ },
  { action: 'eyes open', region: 'eyes', pattern: /\bopen\w*\b/ },
  { action: 'eyes widen', region: 'eyes', pattern: /\b(?:widen\w*|wide(?:-|\b)|wider)/ },
  { action: 'eyes narrow', region: 'eyes', pattern: /\b(?:narrow\w*|squint\w*)\b/ },
  { action: 'eyes narrow', pattern: /\bsquint\w*\b/ },
  { action: 'lids move', region: 'lids', pattern: raising, way: 'up' },
  { action: 'lids move', region: 'lids', pattern: lowering, way: 'down' },
  { action: 'eyes close', region: 'lids', pattern: /\b(?:clos(?:es?|ed|ing)|shut\w*)\b/ },
  { action: 'blink', pattern: /\bblink\w*\b/ },
  { action: 'wink', pattern: /\bwink\w*\b/, directed: true },
  {
    action: 'look',
    pattern:
      /\b(?:look(?:s|ed|ing)?|glanc\w*|gaz(?:es|ed|ing)|star(?:es|ed|ing)|peer\w*)\b(?= (?:\w+ ){0,3}?(?:to|toward|towards|at|up\w*|down\w*|ahead|forwards?|straight|front|away|left|right|back|into)\b)/,
    directed: true,
  },
  {
    action: 'look',
    region: 'eyes',
    pattern: /\b(?:mov\w*|shift\w*|turn\w*|direct\w*|roll\w*|rais\w*|lift\w*|lower\w*|drop\w*|return\w*)\b/,
    directed: true,
  },
  { action: 'head turn', region: 'head', pattern: /\b(?:turn\w*|rotat\w*|mov\w*|swivel\w*|follow\w*|twist\w*)\b/, directed: true },
  { action: 'head tilt', region: 'head', pattern: /\b(?:tilt\w*|lean\w*|cock\w*|inclin\w*)\b/, directed: true },
  { action: 'head move', region: 'head', pattern: raising, way: 'up' },
  { action: 'head move', region: 'head', pattern: lowering, way: 'down' },
  { action: 'chin move', region: 'chin', pattern: raising, way: 'up' },
  { action: 'chin move', region: 'chin', pattern: lowering, way: 'down' },
  { action: 'nod', pattern: /\bnod\w*\b/ },
  { action: 'shake head', region: 'head', pattern: /\b(?:shak\w*|sway\w*|wobbl\w*)\b/ },
  {
    action: 'head turn',
    region: 'head',
    pattern: /\bstays? still|holds? (?:his|her|the) head still|keeps? (?:his|her|the) head still\b/,
    negates: true,
  },
  { action: 'mouth open', region: 'mouth', pattern: /\b(?:open\w*|ajar|agape|parts|parted|parting)\b/ },
  { action: 'mouth open', region: 'lips', pattern: /\b(?:open\w*|ajar|parts?|parted|parting)\b/ },
  { action: 'mouth close', region: 'mouth', pattern: /\b(?:clos(?:es?|ed|ing)|shut\w*)\b/ },
  { action: 'mouth close', region: 'lips', pattern: /\b(?:clos(?:es?|ed|ing)|sealed)\b/ },
  { action: 'lips press', region: 'lips', pattern: /\b(?:press\w*|tighten\w*|compress\w*|tight\w*)\b/ },
  { action: 'lips purse', pattern: /\b(?:purs(?:es?|ed|ing)|pout\w*|pucker\w*)\b/ },
  { action: 'lips bite', region: 'lips', pattern: /\b(?:bit(?:es?|ing|ten)|lick\w*)\b/ },
  { action: 'lips tremble', region: 'lips', pattern: /\b(?:trembl\w*|quiver\w*|twitch\w*)\b/ },
  { action: 'show teeth', region: 'teeth', pattern: /\b(?:show\w*|reveal\w*|expos\w*|visible|bar(?:es|ed|ing)|display\w*|seen)\b/ },
  { action: 'show teeth', region: 'teeth', pattern: /\bhid(?:es?|ing|den)\b/, negates: true },
  { action: 'tongue out', region: 'tongue', pattern: /\b(?:stick\w*|stuck|out)\b/ },
  { action: 'tongue out', region: 'tongue', pattern: /\bin (?:his|her|the) mouth\b/, negates: true },
  { action: 'puff cheeks', pattern: /\b(?:puff\w*|bulg\w*)\b/ },
  { action: 'wrinkle nose', region: 'nose', pattern: /\b(?:wrinkl\w*|scrunch\w*|crinkl\w*)\b/ },
  { action: 'flare nostrils', region: 'nose', pattern: /\bflar\w*\b/ },
  { action: 'wrinkle forehead', region: 'forehead', pattern: /\b(?:wrinkl\w*|lines?|creas\w*)\b/ },
  { action: 'speak', pattern: /\b(?:speak\w*|spoke\w*|talk\w*|says|saying|said)\b/ },
  { action: 'speak', pattern: /\b(?:silent|quiet|(?:says|saying) nothing)\b/, negates: true },
  { action: 'shout', pattern: /\b(?:shout\w*|yell\w*|scream\w*)\b/ },
  { action: 'sing', pattern: /\b(?:sings?|singing|sang)\b/ },
  { action: 'sigh', pattern: /\bsigh\w*\b/ },
  { action: 'cry', pattern: /\b(?:cry|cries|cried|crying|tears|weep\w*|sob\w*)\b/ },
  {
    action: 'change',
    pattern: /\bno (?:\w+ )?(?:change|changes|reaction|movement)\b|\bnothing changes\b|\b(?:unchanged|not react)\b/,
    negates: true,
  },
  emotion('happy', /\b(?:happ(?:y|ier|ily|iness)|joy\w*|cheerful\w*|delight\w*|overjoyed|pleased|excited|excitement)\b/),
  emotion('sad', /\b(?:sad\w*|sorrow\w*|upset|unhapp\w*|griev\w*|grief|distress\w*|melanchol\w*)\b/),
  emotion('angry', /\b(?:ang(?:ry|er|rily)|furious\w*|fury|rage|annoy\w*|irritat\w*)\b/),
  emotion('surprised', /\b(?:surpris\w*|astonish\w*|shock\w*|amaze\w*|startl\w*)\b/),
  emotion('afraid', /\b(?:fear\w*|afraid|fright\w*|scared|terrif\w*|terror|panic\w*|anxi\w*)\b/),
  emotion('disgusted', /\b(?:disgust\w*|revuls\w*|contempt\w*)\b/),
  emotion('calm', /\b(?:calm\w*|relaxed|serene|neutral expression|bored|boredom|indifferent|expressionless|no (?:emotion|expression))\b/),
];

/** An action that follows from another. */
export const follows: Readonly<Record<string, readonly string[]>> = {
  laugh: ['smile', 'happy'],
  shout: ['mouth open'],
  sing: ['mouth open'],
  'eyes widen': ['eyes open'],
  'lips press': ['mouth close'],
  happy: [],
};

/** Actions that do not go together in one moment. */
const opposites: readonly (readonly [string, string])[] = [
  ['eyes open', 'eyes close'],
  ['eyes widen', 'eyes close'],
  ['eyes widen', 'eyes narrow'],
  ['mouth open', 'mouth close'],
  ['smile', 'frown'],
  ['smile', 'mouth corners drop'],
  ['smile', 'cry'],
  ['smile', 'sad'],
  ['smile', 'angry'],
  ['laugh', 'cry'],
  ['laugh', 'sad'],
  ['cry', 'happy'],
  ['frown', 'happy'],
  ['frown', 'brows relax'],
  ['nod', 'shake head'],
  ['shout', 'calm'],
  ['laugh', 'calm'],
];

const emotions = ['happy', 'sad', 'angry', 'surprised', 'afraid', 'disgusted', 'calm'];

export function areOpposite(a: string, b: string): boolean {
  if (a !== b && emotions.includes(a) && emotions.includes(b)) return true;
  return opposites.some(([one, other]) => (one === a && other === b) || (one === b && other === a));
}
