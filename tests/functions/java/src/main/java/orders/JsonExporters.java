package orders;

import io.opentelemetry.exporter.internal.otlp.logs.LogsRequestMarshaler;
import io.opentelemetry.exporter.internal.otlp.metrics.MetricsRequestMarshaler;
import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.exporter.otlp.internal.HttpExporter;
import io.opentelemetry.exporter.otlp.internal.HttpExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.internal.StandardComponentId.ExporterType;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;

/**
 * The SDK's own OTLP/HTTP exporter, told to write JSON. That it can is no public API of it: only how
 * the three signals are handed to it is ours.
 */
final class JsonExporters {
    private JsonExporters() {}

    static Exporters of(String endpoint, String compression) {
        return new Exporters(
                new Spans(to(ExporterType.OTLP_HTTP_JSON_SPAN_EXPORTER,
                        endpoint + "/v1/traces", compression)),
                new Points(to(ExporterType.OTLP_HTTP_JSON_METRIC_EXPORTER,
                        endpoint + "/v1/metrics", compression)),
                new Records(to(ExporterType.OTLP_HTTP_JSON_LOG_EXPORTER,
                        endpoint + "/v1/logs", compression)));
    }

    private static HttpExporter to(ExporterType type, String endpoint, String compression) {
        return new HttpExporterBuilder(type, endpoint).setCompression(compression)
                .exportAsJson().build();
    }

    /** What the exporters of all signals have in common. */
    private abstract static class Exporter {
        final HttpExporter to;

        Exporter(HttpExporter to) {
            this.to = to;
        }

        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        public CompletableResultCode shutdown() {
            return to.shutdown();
        }
    }

    private static final class Spans extends Exporter implements SpanExporter {
        Spans(HttpExporter to) {
            super(to);
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return to.export(TraceRequestMarshaler.create(spans), spans.size());
        }
    }

    private static final class Points extends Exporter implements MetricExporter {
        Points(HttpExporter to) {
            super(to);
        }

        @Override
        public CompletableResultCode export(Collection<MetricData> metrics) {
            return to.export(MetricsRequestMarshaler.create(metrics), metrics.size());
        }

        @Override
        public AggregationTemporality getAggregationTemporality(InstrumentType type) {
            return AggregationTemporality.CUMULATIVE;
        }
    }

    private static final class Records extends Exporter implements LogRecordExporter {
        Records(HttpExporter to) {
            super(to);
        }

        @Override
        public CompletableResultCode export(Collection<LogRecordData> records) {
            return to.export(LogsRequestMarshaler.create(records), records.size());
        }
    }
}
