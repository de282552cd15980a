import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { theme } from '../state/theme.ts';
import { mendLocale } from './safe-locale.ts';

export interface ChartSeries {
  readonly label: string;
  /** Name of a CSS colour variable. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly isFilled?: boolean;
}

export interface ChartMark {
  readonly timeMs: number;
  readonly label: string;
}

interface Props {
  readonly label: string;
  readonly timesMs: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly marks?: readonly ChartMark[];
  readonly height?: number;
  /** The axis reaches at least so far: noise near nothing is not blown up. */
  readonly least: number;
  format(value: number): string;
}

/** A time series, with marks where the configuration changed. What it says in words is its label; a table is beside it. */
export function Chart({ label, timesMs, series, marks = [], height = 180, least, format }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const held = useRef({ timesMs, series, marks });
  held.current = { timesMs, series, marks };
  const shape = [...series.map((one) => one.label), theme.value, height].join('|');
  const formatNow = useRef(format);
  formatNow.current = format;

  // Values come by setData; a chart is made anew for another shape
  useEffect(() => {
    const element = frame.current;
    let isLeft = false;
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element?.clientWidth ?? 0, height }));
    mendLocale();
    void import('uplot').then(({ default: UPlot }) => {
      if (isLeft || element === null) return;
      const options = optionsOf(
        element,
        held.current.series,
        { height, least },
        () => held.current.marks,
        (value) => formatNow.current(value),
      );
      plot.current = new UPlot(options, dataOf(held.current), element);
      observer.observe(element);
    });
    return () => {
      isLeft = true;
      observer.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(dataOf({ timesMs, series })), [timesMs, series]);

  return <div class="chart" ref={frame} role="img" aria-label={label} style={{ minHeight: `${height}px` }} />;
}

function dataOf({ timesMs, series }: Pick<Props, 'timesMs' | 'series'>): uPlot.AlignedData {
  return [timesMs.map((timeMs) => timeMs / 1000), ...series.map(({ values }) => [...values])];
}

function optionsOf(
  element: HTMLElement,
  series: readonly ChartSeries[],
  { height, least }: { readonly height: number; readonly least: number },
  marks: () => readonly ChartMark[],
  format: (value: number) => string,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--ink-soft'),
    grid: { stroke: colour('--line-soft'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
  };
  return {
    width: element.clientWidth,
    height,
    padding: [12, 30, 0, 0],
    cursor: { y: false },
    legend: { live: true },
    scales: { y: { range: (_, __, most) => [0, Math.max((most ?? 0) * 1.15, least)] } },
    axes: [
      {
        ...axis,
        values: (_, seconds) =>
          seconds.map((second) =>
            new Date(second * 1000).toLocaleTimeString([], {
              hour: '2-digit',
              minute: '2-digit',
              second: '2-digit',
              hour12: false,
            }),
          ),
        space: 90,
      },
      { ...axis, values: (_, values) => values.map(format), size: 64 },
    ],
    series: [
      {
        value: (_, second) =>
          second === null ? '–' : new Date(second * 1000).toLocaleTimeString([], { hour12: false }),
        label: 'time',
      },
      ...series.map(({ label, colour: name, isFilled }) => ({
        label,
        stroke: colour(name),
        width: 1.75,
        points: { show: false },
        value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value)),
        ...(isFilled === true ? { fill: colour(`${name}-soft`) } : {}),
      })),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks(), colour('--accent'))] },
  };
}

function drawMarks(plot: uPlot, marks: readonly ChartMark[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.setLineDash([4, 3]);
  ctx.font = `${Math.round(11 * devicePixelRatio)}px system-ui`;
  for (const { timeMs, label } of marks) {
    const x = plot.valToPos(timeMs / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const isAtEnd = x > bbox.left + bbox.width - 60;
    ctx.textAlign = isAtEnd ? 'right' : 'left';
    ctx.fillText(label, x + (isAtEnd ? -4 : 4), bbox.top + 10 * devicePixelRatio);
  }
  ctx.restore();
}
