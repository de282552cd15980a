import { describeEdgeIn } from './suite.ts';
import { workerd } from './support/workerd.ts';

describeEdgeIn(workerd);
