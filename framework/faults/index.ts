export { Fault, FaultList, type FaultDetails, type Place } from './fault.js';
export { exitCodes, type FaultCode } from './fault-codes.js';
export { formatError, formatFault } from './format-faults.js';
export { nearest } from './nearest.js';
