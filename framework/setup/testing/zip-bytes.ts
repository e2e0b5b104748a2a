import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';
import type { PinnedWheel } from '../wheel-table.js';

export interface Member {
  name: string;
  data: Buffer;
  stored?: boolean;
}

/** A zip archive of these members. */
export function zipBytes(members: readonly Member[], comment = ''): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, stored } of members) {
    const packed = stored ? data : deflateRawSync(data);
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(stored ? 0 : 8, 8);
    local.writeUInt32LE(crc32(data), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(data.length, 22);
    local.writeUInt16LE(nameBytes.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(stored ? 0 : 8, 10);
    central.writeUInt32LE(crc32(data), 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(data.length, 24);
    central.writeUInt16LE(nameBytes.length, 28);
    central.writeUInt32LE(offset, 42);
    bodies.push(local, nameBytes, packed);
    directory.push(central, nameBytes);
    offset += local.length + nameBytes.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([...bodies, list, end, Buffer.from(comment)]);
}

/** A wheel: the members and a RECORD that lists them, true unless `lie` changes it. */
export function wheelBytes(members: readonly Member[], lie: (record: string) => string = (record) => record): Buffer {
  const lines = members.map(({ name, data }) => `${name},sha256=${createHash('sha256').update(data).digest('base64url')},${data.length}`);
  const record = lie(`${lines.join('\n')}\nfake-1.0.dist-info/RECORD,,\n`);
  return zipBytes([...members, { name: 'fake-1.0.dist-info/RECORD', data: Buffer.from(record) }]);
}

/** The pin that such a wheel would have in the table. */
export function pinOf(bytes: Buffer, project = 'fake', file = 'fake-1.0-py3-none-any.whl'): PinnedWheel {
  return { project, version: '1.0', file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
