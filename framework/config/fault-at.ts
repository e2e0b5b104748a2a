import { Fault, type FaultCode, type FaultDetails } from '../faults/index.js';
import { excerptOf, type Origin, placeOf } from './origin.js';

/** A fault about something that was written somewhere: place and excerpt come from its origin where there is one. */
export function faultAt(origin: Origin | undefined, code: FaultCode, message: string, details: FaultDetails = {}): Fault {
  return new Fault(code, message, origin ? { where: placeOf(origin), excerpt: excerptOf(origin), ...details } : details);
}
