export { boxArea, boxBetween, boxCentre, boxIou } from './box.js';
