package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
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
}

func newTelemetry(ctx context.Context) (*telemetry, error) {
	res, resErr := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithProcessRuntimeName(),
		resource.WithAttributes(
			attribute.String("service.name", "orders"),
			attribute.String("service.version", "1.2.3"),
			attribute.StringSlice("shop.regions", []string{"eu", "us"}),
			attribute.Int("shop.shelves", 7)))
	spans, spansErr := otlptracehttp.New(ctx)
	points, pointsErr := otlpmetrichttp.New(ctx)
	records, recordsErr := otlploghttp.New(ctx)
	if err := errors.Join(resErr, spansErr, pointsErr, recordsErr); err != nil {
		return nil, err
	}
	// The reader exports when the handler flushes, and at no time of its own.
	reader := sdkmetric.NewPeriodicReader(points, sdkmetric.WithInterval(24*time.Hour))
	return &telemetry{
		traces:  sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(res)),
		metrics: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(res)),
		logs: sdklog.NewLoggerProvider(sdklog.WithResource(res),
			sdklog.WithProcessor(sdklog.NewBatchProcessor(records))),
	}, nil
}

func (t *telemetry) flush(ctx context.Context) error {
	return errors.Join(t.traces.ForceFlush(ctx), t.metrics.ForceFlush(ctx), t.logs.ForceFlush(ctx))
}
