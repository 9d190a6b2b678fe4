// A Lambda function as lull's hints mean it, with OpenTelemetry's SDK. OTEL_PROPAGATORS and
// OTEL_TRACES_SAMPLER are heeded here: the SDK leaves that to whoever makes its providers. Key of the
// event:
//   order  id of the order, part of the line
import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const always = process.env.OTEL_TRACES_SAMPLER === 'always_on';
const spans = new TracerProvider({
  ...(always && { sampler: new AlwaysOnSampler() }),
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});
const records = new LoggerProvider({
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});
const HEADER = /Root=1-(\w{8})-(\w{24});Parent=(\w{16});Sampled=([01])/;

// What the propagator for X-Ray makes of Lambda's variable.
function parent() {
  const found = HEADER.exec(process.env._X_AMZN_TRACE_ID ?? '');
  if (!found || !(process.env.OTEL_PROPAGATORS ?? '').includes('xray')) {
    return ROOT_CONTEXT;
  }
  const [, time, rest, spanId, sampled] = found;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: time + rest,
    spanId,
    traceFlags: sampled === '1' ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
}

// Its span follows the header, and so does the SDK's sampler.
export async function follow() {
  spans.getTracer('orders').startSpan('orders', {}, parent()).end();
  await spans.forceFlush();
}

// Its line goes two ways: as the runtime client writes it, and by the SDK.
export async function twice({ order }) {
  const body = `order ${order} is paid`;
  console.info(body);
  records.getLogger('orders').emit({ severityNumber: 9, severityText: 'INFO', body });
  await records.forceFlush();
}
