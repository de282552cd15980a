import { describeEdgeIn } from './suite.ts';
import { node } from './support/node.ts';

describeEdgeIn(node);
