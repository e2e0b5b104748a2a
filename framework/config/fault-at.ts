import { Fault, type FaultCode, type FaultDetails } from '../faults/index.js';
import { excerptOf, type Origin, placeOf } from './origin.js';

/** A fault about something that was written somewhere: place and excerpt come from its origin where there is one. */
export function faultAt(origin: Origin | undefined, code: FaultCode, message: string, details: FaultDetails = {}): Fault {
  if (!origin) return new Fault(code, message, details);
  return new Fault(code, message, { ...details, where: details.where ?? placeOf(origin), excerpt: details.excerpt ?? excerptOf(origin) });
}
