// OpenTelemetry's SDK, exporting OTLP to where OTEL_EXPORTER_OTLP_ENDPOINT says. The exporters look
// for their endpoint, headers and compression themselves, but whoever makes them chooses among them.
import { context, logs, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const DAY = 86_400_000;

const kind = { grpc: 'grpc', 'http/json': 'http' }[process.env.OTEL_EXPORTER_OTLP_PROTOCOL] ?? 'proto';
const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${kind}`);
const { OTLPMetricExporter } = await import(`@opentelemetry/exporter-metrics-otlp-${kind}`);
const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kind}`);

const resource = defaultResource().merge(
  resourceFromAttributes({
    'service.name': 'orders',
    'service.version': '1.2.3',
    'shop.regions': ['eu', 'us'],
    'shop.shelves': 7,
  }),
);
const traceExporter = new OTLPTraceExporter({ concurrencyLimit: 64 });
const tracerProvider = new TracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor({ exporter: traceExporter })],
});
const meterProvider = new MeterProvider({
  resource,
  // It exports when the handler flushes, and at no time of its own.
  readers: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(),
      exportIntervalMillis: DAY,
    }),
  ],
});
const loggerProvider = new LoggerProvider({
  resource,
  processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() })],
});

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(tracerProvider);
metrics.setGlobalMeterProvider(meterProvider);
logs.setGlobalLoggerProvider(loggerProvider);

export async function flush() {
  await Promise.all([
    tracerProvider.forceFlush(),
    meterProvider.forceFlush(),
    loggerProvider.forceFlush(),
  ]);
}

// Exports so many spans, each in a request of its own, all under way together.
export async function exportAtOnce(count) {
  const made = new TracerProvider({ resource }).getTracer('exports');
  const results = Array.from({ length: count }, (_, number) => {
    const span = made.startSpan(`export ${number}`);
    span.end();
    return new Promise((done) => traceExporter.export([span], done));
  });
  for (const { code, error } of await Promise.all(results)) {
    if (code !== 0) {
      throw error;
    }
  }
}
