// OpenTelemetry's SDK, exporting OTLP to where OTEL_EXPORTER_OTLP_ENDPOINT says. The exporters look
// for their endpoint, headers and compression themselves, but whoever makes them chooses among them.
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

const DAY = 86_400_000;

// `cell` is an attribute of the resource.
export async function makeTelemetry(cell) {
  const exporters = await makeExporters();
  const resource = defaultResource().merge(
    resourceFromAttributes({
      'service.name': 'orders',
      'service.version': '1.2.3',
      'shop.regions': ['eu', 'us'],
      'shop.shelves': 7,
      ...(cell && { cell }),
    }),
  );
  const traces = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter: exporters.traces })],
  });
  const metrics = new MeterProvider({
    resource,
    // It exports when the handler flushes, and at no time of its own.
    readers: [
      new PeriodicExportingMetricReader({
        exporter: exporters.metrics,
        exportIntervalMillis: DAY,
      }),
    ],
  });
  const logs = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: exporters.logs })],
  });
  const providers = [traces, metrics, logs];
  return {
    traces,
    metrics,
    logs,
    flush: () => Promise.all(providers.map((provider) => provider.forceFlush())),
    close: () => Promise.all(providers.map((provider) => provider.shutdown())),
    exportAtOnce: (count) => exportAtOnce(count, resource, exporters.traces),
  };
}

async function makeExporters() {
  const kinds = { grpc: 'grpc', 'http/json': 'http' };
  const kind = kinds[process.env.OTEL_EXPORTER_OTLP_PROTOCOL] ?? 'proto';
  const { OTLPLogExporter } = await import(`@opentelemetry/exporter-logs-otlp-${kind}`);
  const { OTLPMetricExporter } = await import(`@opentelemetry/exporter-metrics-otlp-${kind}`);
  const { OTLPTraceExporter } = await import(`@opentelemetry/exporter-trace-otlp-${kind}`);
  return {
    traces: new OTLPTraceExporter({ concurrencyLimit: 64 }),
    metrics: new OTLPMetricExporter(),
    logs: new OTLPLogExporter(),
  };
}

// Exports so many spans, each in a request of its own, all under way together.
async function exportAtOnce(count, resource, exporter) {
  const made = new TracerProvider({ resource }).getTracer('exports');
  const results = Array.from({ length: count }, (_, number) => {
    const span = made.startSpan(`export ${number}`);
    span.end();
    return new Promise((done) => exporter.export([span], done));
  });
  for (const { code, error } of await Promise.all(results)) {
    if (code !== 0) {
      throw error;
    }
  }
}
