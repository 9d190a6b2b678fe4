package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// telemetry is the SDK's three providers, exporting to where OTEL_EXPORTER_OTLP_ENDPOINT says.
type telemetry struct {
	traces  *sdktrace.TracerProvider
	metrics *sdkmetric.MeterProvider
	logs    *sdklog.LoggerProvider
	spans   sdktrace.SpanExporter
}

// exporters are those of OTEL_EXPORTER_OTLP_PROTOCOL: whoever makes them chooses.
func exporters(ctx context.Context) (sdktrace.SpanExporter, sdkmetric.Exporter, sdklog.Exporter, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		spans, spansErr := otlptracegrpc.New(ctx)
		points, pointsErr := otlpmetricgrpc.New(ctx)
		records, recordsErr := otlploggrpc.New(ctx)
		return spans, points, records, errors.Join(spansErr, pointsErr, recordsErr)
	}
	spans, spansErr := otlptracehttp.New(ctx)
	points, pointsErr := otlpmetrichttp.New(ctx)
	records, recordsErr := otlploghttp.New(ctx)
	return spans, points, records, errors.Join(spansErr, pointsErr, recordsErr)
}

// newTelemetry makes them; more is for their resource.
func newTelemetry(ctx context.Context, more ...attribute.KeyValue) (*telemetry, error) {
	res, resErr := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithProcessRuntimeName(),
		resource.WithAttributes(append(more,
			attribute.String("service.name", "orders"),
			attribute.String("service.version", "1.2.3"),
			attribute.StringSlice("shop.regions", []string{"eu", "us"}),
			attribute.Int("shop.shelves", 7))...))
	spans, points, records, err := exporters(ctx)
	if err := errors.Join(resErr, err); err != nil {
		return nil, err
	}
	// The reader exports when the handler flushes, and at no time of its own.
	reader := sdkmetric.NewPeriodicReader(points, sdkmetric.WithInterval(24*time.Hour))
	return &telemetry{
		traces:  sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(res)),
		metrics: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(res)),
		logs: sdklog.NewLoggerProvider(sdklog.WithResource(res),
			sdklog.WithProcessor(sdklog.NewBatchProcessor(records))),
		spans: spans,
	}, nil
}

func (t *telemetry) flush(ctx context.Context) error {
	return errors.Join(t.traces.ForceFlush(ctx), t.metrics.ForceFlush(ctx), t.logs.ForceFlush(ctx))
}

func (t *telemetry) close(ctx context.Context) error {
	return errors.Join(t.traces.Shutdown(ctx), t.metrics.Shutdown(ctx), t.logs.Shutdown(ctx))
}

// exportAtOnce exports so many spans, each in a request of its own, all under way together.
func (t *telemetry) exportAtOnce(ctx context.Context, count int) error {
	tracer := sdktrace.NewTracerProvider().Tracer("exports")
	done := make(chan error, count)
	for n := range count {
		_, span := tracer.Start(ctx, fmt.Sprintf("export %d", n))
		span.End()
		go func() {
			done <- t.spans.ExportSpans(ctx, []sdktrace.ReadOnlySpan{span.(sdktrace.ReadOnlySpan)})
		}()
	}
	var failed error
	for range count {
		failed = errors.Join(failed, <-done)
	}
	return failed
}
