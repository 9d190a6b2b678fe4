// An ordinary instrumented Lambda function under AWS's runtime client for Go; nothing in it knows
// lull. The functions in the other languages do the same. Keys of the event:
//
//	order  id of the order, an attribute and part of every log line
//	error  fail with this message
//	connect  wait for this host:port to answer
//	exit   end the process with this code
//	eat    have more than so many MiB
//	exports  so many more spans, each exported by itself, all at once
//	cell   export this order with telemetry of its own, made with the OTEL_ variables that are
//	       keys of the event, too, and with this word in its resource
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

type event struct {
	Order string `json:"order"`
	Error string `json:"error"`

	Connect string `json:"connect"`
	Exit    string `json:"exit"`
	Eat     string `json:"eat"`

	// Not in Java.
	Exports int `json:"exports"`

	Cell        string `json:"cell"`
	Endpoint    string `json:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	Protocol    string `json:"OTEL_EXPORTER_OTLP_PROTOCOL"`
	Compression string `json:"OTEL_EXPORTER_OTLP_COMPRESSION"`
}

type function struct {
	telemetry *telemetry
	tracer    trace.Tracer
	logger    log.Logger
	orders    metric.Int64Counter
	amounts   metric.Float64Histogram
}

func newFunction(t *telemetry) (*function, error) {
	meter := t.metrics.Meter("orders", metric.WithInstrumentationVersion("1.2.3"),
		metric.WithInstrumentationAttributes(attribute.Bool("shop.metered", true)))
	orders, ordersErr := meter.Int64Counter("orders.placed", metric.WithUnit("{order}"),
		metric.WithDescription("Orders placed"))
	amounts, amountsErr := meter.Float64Histogram("orders.amount", metric.WithUnit("EUR"),
		metric.WithDescription("What an order is worth"),
		metric.WithExplicitBucketBoundaries(1, 10, 100.5))
	return &function{
		telemetry: t,
		tracer:    t.traces.Tracer("orders", trace.WithInstrumentationVersion("1.2.3")),
		logger:    t.logs.Logger("orders", log.WithInstrumentationVersion("1.2.3")),
		orders:    orders,
		amounts:   amounts,
	}, errors.Join(ordersErr, amountsErr)
}

func (f *function) handle(ctx context.Context, e event) (map[string]string, error) {
	request, _ := lambdacontext.FromContext(ctx)
	fmt.Printf("order %s came in\n", e.Order)
	err := f.order(ctx, e, request.AwsRequestID)
	if exported := f.telemetry.exportAtOnce(ctx, e.Exports); exported != nil {
		return nil, fmt.Errorf("exports were not taken: %w", exported)
	}
	if flushed := f.telemetry.flush(ctx); flushed != nil {
		return nil, fmt.Errorf("telemetry was not taken: %w", flushed)
	}
	return map[string]string{"order": e.Order, "request_id": request.AwsRequestID}, err
}

// order is all that happens inside the handler's span.
func (f *function) order(ctx context.Context, e event, requestID string) error {
	ctx, span := f.tracer.Start(ctx, "orders", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("faas.invocation_id", requestID)))
	defer span.End()
	loaded := f.load(ctx, e.Order)
	f.charge(ctx, e.Order, loaded)
	slog.InfoContext(ctx, fmt.Sprintf("order %s charged", e.Order), "order", e.Order, "retries", 0)
	if err := meetBadEnd(e); err != nil {
		return err
	}

	var record log.Record
	record.SetSeverity(log.SeverityWarn)
	record.SetSeverityText("WARN")
	record.SetBody(attribute.MapValue(attribute.String("order", e.Order), attribute.Int("left", 3)))
	record.AddAttributes(attribute.Float64("amount", 12.5), attribute.Bool("live", false))
	f.logger.Emit(ctx, record)

	web := metric.WithAttributes(attribute.String("kind", "web"))
	f.orders.Add(ctx, 1, web)
	f.amounts.Record(ctx, 12.5, web)
	if e.Error == "" {
		return nil
	}
	err := errors.New(e.Error)
	span.RecordError(err)
	span.SetStatus(codes.Error, e.Error)
	slog.ErrorContext(ctx, fmt.Sprintf("order %s failed", e.Order), "order", e.Order)
	return err
}

// load has a call within a call.
func (f *function) load(ctx context.Context, order string) trace.SpanContext {
	ctx, span := f.tracer.Start(ctx, "load order",
		trace.WithAttributes(attribute.String("order.id", order)))
	defer span.End()
	_, query := f.tracer.Start(ctx, "query", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.system.name", "postgresql")))
	query.End()
	return span.SpanContext()
}

func (f *function) charge(ctx context.Context, order string, loaded trace.SpanContext) {
	_, span := f.tracer.Start(ctx, "charge card", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithLinks(trace.Link{SpanContext: loaded,
			Attributes: []attribute.KeyValue{attribute.String("why", "same order")}}))
	defer span.End()
	span.SetAttributes(
		attribute.String("order.id", order), attribute.Float64("amount", 12.5),
		attribute.Int64("retries", -3), attribute.Int64("big", 1<<62), attribute.Bool("live", false),
		attribute.String("note", "ü 漢 🛒"), attribute.String("empty", ""),
		attribute.StringSlice("cards", []string{"visa", "amex"}),
		attribute.Int64Slice("codes", []int64{1, -2}),
		attribute.Float64Slice("rates", []float64{0.5, 1e9}),
		attribute.BoolSlice("flags", []bool{true, false}))
	span.AddEvent("charged", trace.WithAttributes(attribute.String("order.id", order)))
	span.SetStatus(codes.Ok, "")
}

// handleCell is handle with telemetry of its own.
func handleCell(ctx context.Context, e event) (_ map[string]string, err error) {
	err = errors.Join(os.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", e.Endpoint),
		os.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", e.Protocol),
		os.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", e.Compression))
	if err != nil {
		return nil, err
	}
	t, err := newTelemetry(ctx, attribute.String("cell", e.Cell))
	if err != nil {
		return nil, err
	}
	defer func() {
		if closed := t.close(ctx); closed != nil {
			err = errors.Join(err, closed)
		}
	}()
	f, err := newFunction(t)
	if err != nil {
		return nil, err
	}
	return f.handle(ctx, e)
}

func run() error {
	slog.SetDefault(slog.New(lambdacontext.NewLogHandler()))
	t, err := newTelemetry(context.Background())
	if err != nil {
		return err
	}
	f, err := newFunction(t)
	if err != nil {
		return err
	}
	lambda.Start(func(ctx context.Context, e event) (map[string]string, error) {
		if e.Cell != "" {
			return handleCell(ctx, e)
		}
		return f.handle(ctx, e)
	})
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
