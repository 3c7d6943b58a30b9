
// How long each event was on its way, written to a file once all are there.
import { renameSync, writeFileSync } from 'node:fs';

const { STAMPS, EVENTS, FROM } = process.env;
const nanos = [];

function stamp(message) {
  nanos.push(process.hrtime.bigint() - BigInt(message.payload.sent));
  if (nanos.length == EVENTS) {
    writeFileSync(STAMPS + '.new', nanos.slice(FROM).join('\n'));
    renameSync(STAMPS + '.new', STAMPS);
  }
}
