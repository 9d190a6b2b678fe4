package orders;

import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Map;

/** Exporters by the variables OTEL_EXPORTER_OTLP_*, which these do not read themselves. */
record Exporters(SpanExporter spans, MetricExporter points, LogRecordExporter records) {
    private static final String PREFIX = "OTEL_EXPORTER_OTLP_";

    static Exporters of(Map<String, String> variables) {
        String endpoint = variables.get(PREFIX + "ENDPOINT");
        String compression = "gzip".equals(variables.get(PREFIX + "COMPRESSION")) ? "gzip" : "none";
        return switch (variables.getOrDefault(PREFIX + "PROTOCOL", "http/protobuf")) {
            case "grpc" -> grpc(endpoint, compression);
            case "http/json" -> JsonExporters.of(endpoint, compression);
            default -> http(endpoint, compression);
        };
    }

    private static Exporters grpc(String endpoint, String compression) {
        return new Exporters(
                OtlpGrpcSpanExporter.builder().setCompression(compression)
                        .setEndpoint(endpoint).build(),
                OtlpGrpcMetricExporter.builder().setCompression(compression)
                        .setEndpoint(endpoint).build(),
                OtlpGrpcLogRecordExporter.builder().setCompression(compression)
                        .setEndpoint(endpoint).build());
    }

    private static Exporters http(String endpoint, String compression) {
        return new Exporters(
                OtlpHttpSpanExporter.builder().setCompression(compression)
                        .setEndpoint(endpoint + "/v1/traces").build(),
                OtlpHttpMetricExporter.builder().setCompression(compression)
                        .setEndpoint(endpoint + "/v1/metrics").build(),
                OtlpHttpLogRecordExporter.builder().setCompression(compression)
                        .setEndpoint(endpoint + "/v1/logs").build());
    }
}
