// The only module that touches ECharts. The library is loaded on the first page that has a chart; colours and type come
// from the CSS tokens, so that both themes are exact.
const library = new URL('_content/Vizor.ECharts/js/vizor-echarts-bundle-min.js', document.baseURI);
const reducedRows = 10;
const narrow = 560;
const live = new Set();
let loading;

function load() {
  if (globalThis.echarts) {
    return Promise.resolve(globalThis.echarts);
  }

  return loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = library;
    script.onload = () => resolve(globalThis.echarts);
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error('The chart library could not be loaded.'));
    };
    document.head.append(script);
  });
}

window.addEventListener('themechange', () => live.forEach(view => view.redraw()));
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) {
    live.forEach(view => view.catchUp());
  }
});

class View {
  constructor(echarts, element) {
    this.chart = echarts.init(element, null, { renderer: 'canvas' });
    this.element = element;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(element);
    this.width = element.clientWidth;
    live.add(this);
  }

  resize() {
    const width = this.element.clientWidth;
    if (width === 0 || this.chart.isDisposed()) {
      return;
    }

    this.chart.resize();
    // Labels are laid out by width.
    if (width !== this.width) {
      this.width = width;
      this.redraw();
    }
  }

  redraw() {
    if (!this.chart.isDisposed()) {
      this.chart.setOption(this.option(), { notMerge: true, lazyUpdate: true });
    }
  }

  catchUp() {
    if (this.stale) {
      this.stale = false;
      this.redraw();
    }
  }

  dispose() {
    live.delete(this);
    this.observer.disconnect();
    this.chart.dispose();
  }
}

class TimeView extends View {
  constructor(echarts, element, spec, rows) {
    super(echarts, element);
    this.spec = spec;
    this.rows = rows;
    this.redraw();
    if (spec.group) {
      this.chart.group = spec.group;
      echarts.connect(spec.group);
    }
  }

  set(spec, rows) {
    this.spec = spec;
    this.rows = rows;
    this.redraw();
  }

  push(rows) {
    this.rows.push(...rows);
    if (this.rows.length > this.spec.capacity) {
      this.rows.splice(0, this.rows.length - this.spec.capacity);
    }

    if (document.hidden) {
      this.stale = true;
    } else if (!this.chart.isDisposed()) {
      this.chart.setOption({ series: this.data() }, { lazyUpdate: true });
    }
  }

  data() {
    return this.spec.series.map((series, index) => ({ data: this.rows.map(row => [row[0], row[index + 1]]) }));
  }

  option() {
    const token = tokens();
    const spec = this.spec;
    const data = this.data();
    const span = this.rows.length > 1 ? this.rows[this.rows.length - 1][0] - this.rows[0][0] : 0;
    const few = this.rows.length < 2;

    return {
      animation: false,
      useUTC: true,
      textStyle: { fontFamily: token('--font'), fontSize: 12 },
      grid: { left: 4, right: 12, top: 10, bottom: 2, containLabel: true },
      tooltip: tooltip(token, value => format(value, spec)),
      xAxis: {
        type: 'time',
        splitNumber: this.width < narrow ? 3 : 5,
        axisLine: { lineStyle: { color: token('--line-control') } },
        axisTick: { show: false },
        axisLabel: { color: token('--text-2'), fontSize: 12, hideOverlap: true, alignMinLabel: 'left', alignMaxLabel: 'right', formatter: value => clock(value, span) },
      },
      yAxis: {
        type: 'value',
        min: spec.min ?? (spec.fromZero ? 0 : undefined),
        max: spec.max ?? undefined,
        scale: !spec.fromZero,
        splitNumber: 4,
        minInterval: spec.minInterval ?? undefined,
        axisLabel: { color: token('--text-2'), fontSize: 12, hideOverlap: true, formatter: value => format(value, { ...spec, unit: '' }) },
        splitLine: { lineStyle: { color: token('--line') } },
      },
      series: spec.series.map((series, index) => ({
        name: series.name,
        type: 'line',
        data: data[index].data,
        showSymbol: few || spec.markers,
        symbol: ['circle', 'diamond', 'triangle'][index % 3],
        symbolSize: 6,
        connectNulls: false,
        lineStyle: { width: 2, type: series.dashed ? [6, 4] : 'solid', color: token(`--s${index + 1}`) },
        itemStyle: { color: token(`--s${index + 1}`) },
        areaStyle: spec.series.length === 1 && !spec.markers ? { color: token(`--s${index + 1}`), opacity: 0.08 } : undefined,
        markLine: index > 0 || !spec.thresholds?.length ? undefined : {
          silent: true,
          symbol: 'none',
          data: spec.thresholds.map(threshold => ({
            yAxis: threshold.value,
            lineStyle: { color: token(`--${threshold.level}`), type: 'dashed', width: 1 },
            label: { formatter: threshold.name, position: 'insideStartTop', color: token(`--${threshold.level}`), fontSize: 12 },
          })),
        },
      })),
    };
  }
}

class HeatView extends View {
  constructor(echarts, element, spec, picked) {
    super(echarts, element);
    this.spec = spec;
    this.redraw();
    this.chart.on('click', event => {
      const row = this.rows()[event.value?.[1]];
      if (row !== undefined) {
        picked?.invokeMethodAsync('Pick', row);
      }
    });
  }

  set(spec) {
    this.spec = spec;
    this.redraw();
  }

  // A phone shows the worst rows; they come first.
  rows() {
    return this.width < narrow ? this.spec.rows.slice(0, reducedRows) : this.spec.rows;
  }

  option() {
    const token = tokens();
    const spec = this.spec;
    const rows = this.rows();
    const [low, watch, drift] = spec.thresholds;
    const label = this.width < narrow ? 110 : 190;

    return {
      animation: false,
      textStyle: { fontFamily: token('--font'), fontSize: 12 },
      grid: { left: label + 10, right: 8, top: 4, bottom: 28, show: true, borderWidth: 0, backgroundColor: hatch(token) },
      tooltip: {
        ...tooltip(token, value => value),
        trigger: 'item',
        formatter: undefined,
        renderMode: 'richText',
        ...{ formatter: event => `${rows[event.value[1]]}\n${spec.columns[event.value[0]]} UTC\nPSI ${event.value[2].toFixed(3)}` },
      },
      xAxis: {
        type: 'category',
        data: spec.columns,
        axisTick: { show: false },
        axisLine: { show: false },
        axisLabel: { color: token('--text-2'), fontSize: 12, hideOverlap: true },
      },
      yAxis: {
        type: 'category',
        data: rows,
        inverse: true,
        axisTick: { show: false },
        axisLine: { show: false },
        axisLabel: { color: token('--text'), fontSize: 12, width: label, overflow: 'truncate', interval: 0 },
      },
      visualMap: {
        type: 'piecewise',
        show: false,
        dimension: 2,
        pieces: [
          { lt: low, color: token('--drift-0') },
          { gte: low, lt: watch, color: token('--drift-1') },
          { gte: watch, lt: drift, color: token('--drift-2') },
          { gte: drift, color: token('--drift-3') },
        ],
      },
      series: [{
        type: 'heatmap',
        data: spec.cells.filter(cell => cell[1] < rows.length),
        itemStyle: { borderColor: token('--surface'), borderWidth: 1 },
        emphasis: { itemStyle: { borderColor: token('--text'), borderWidth: 2 } },
      }],
    };
  }
}

class BarView extends View {
  constructor(echarts, element, spec) {
    super(echarts, element);
    this.spec = spec;
    this.redraw();
  }

  set(spec) {
    this.spec = spec;
    if (document.hidden) {
      this.stale = true;
    } else {
      this.redraw();
    }
  }

  option() {
    const token = tokens();
    const spec = this.spec;

    return {
      animation: false,
      textStyle: { fontFamily: token('--font'), fontSize: 12 },
      grid: { left: 4, right: 12, top: 26, bottom: 2, containLabel: true },
      tooltip: { ...tooltip(token, value => `${format(value, { unit: '' })} ${spec.unit}`), axisPointer: { type: 'shadow' } },
      xAxis: {
        type: 'category',
        data: spec.bars.map(bar => bar.label),
        axisLine: { lineStyle: { color: token('--line-control') } },
        axisTick: { show: false },
        axisLabel: { color: token('--text-2'), fontSize: 12, hideOverlap: true },
      },
      yAxis: {
        type: 'value',
        min: 0,
        splitNumber: 4,
        minInterval: 1,
        axisLabel: { color: token('--text-2'), fontSize: 12, hideOverlap: true, formatter: value => format(value, { unit: '' }) },
        splitLine: { lineStyle: { color: token('--line') } },
      },
      series: [{
        name: spec.unit,
        type: 'bar',
        data: spec.bars.map(bar => bar.count),
        barMaxWidth: 64,
        barCategoryGap: '12%',
        itemStyle: { color: token('--s1') },
        markLine: {
          silent: true,
          symbol: 'none',
          // Two marks on neighbouring bars would write over each other.
          data: spec.marks.map((mark, index) => ({
            xAxis: mark.bar,
            lineStyle: { color: token('--text-2'), type: 'dashed', width: 1 },
            label: { formatter: mark.name, position: 'end', distance: index % 2 ? 14 : 2, color: token('--text'), fontSize: 12 },
          })),
        },
      }],
    };
  }
}

export async function barChart(element, spec) {
  return new BarView(await load(), element, spec);
}

export async function timeChart(element, spec, rows) {
  return new TimeView(await load(), element, spec, rows);
}

export async function heatMap(element, spec, picked) {
  return new HeatView(await load(), element, spec, picked);
}

function tokens() {
  const style = getComputedStyle(document.documentElement);
  return name => style.getPropertyValue(name).trim();
}

function tooltip(token, valueFormatter) {
  return {
    trigger: 'axis',
    confine: true,
    axisPointer: { lineStyle: { color: token('--line-control') } },
    backgroundColor: token('--raised'),
    borderColor: token('--line'),
    textStyle: { color: token('--text'), fontSize: 12 },
    valueFormatter,
  };
}

function hatch(token) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const pen = tile.getContext('2d');
  pen.strokeStyle = token('--line');
  pen.beginPath();
  pen.moveTo(0, 6);
  pen.lineTo(6, 0);
  pen.stroke();
  return { image: tile, repeat: 'repeat' };
}

function clock(milliseconds, span) {
  const iso = new Date(milliseconds).toISOString();
  if (span > 2 * 86400e3) {
    return iso.slice(5, 10);
  }

  return span > 7200e3 ? iso.slice(11, 16) : iso.slice(11, 19);
}

function format(value, spec) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return '—';
  }

  if (spec.decimals !== null && spec.decimals !== undefined) {
    return value.toFixed(spec.decimals);
  }

  const size = Math.abs(value);
  const [scaled, prefix] = size >= 999.5e6 ? [value / 1e9, 'G'] : size >= 999.5e3 ? [value / 1e6, 'M'] : size >= 1e3 ? [value / 1e3, 'k'] : [value, ''];
  const digits = Number(scaled.toPrecision(3)).toString();
  return `${digits}${prefix || spec.unit ? '\u2009' : ''}${prefix}${prefix && spec.unit ? ' ' : ''}${spec.unit}`;
}
