// An OTLP/gRPC backend by grpc-go, for the end-to-end tests: answers as its arguments say, one after
// the other, then takes all. It prints its ports, then a line of JSON for each call, and for each
// connection that has ended.
//
//	OK
//	CODE:text           such a status
//	RETRY:ms            RESOURCE_EXHAUSTED with a RetryInfo
//	HELD                OK, once a line comes in; a line of JSON is printed before, too
//
// What no gRPC server would do by itself is done by net/http in front of one, at the second port:
//
//	reset               the stream is reset in the middle of the answer
//	cut                 the answer ends without its trailers
//	http:STATUS         an HTTP status without a grpc-status, as gateways answer
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

type call struct {
	Signal string   `json:"signal"`
	Names  []string `json:"names"`
	Answer string   `json:"answer"`
	Peer   string   `json:"peer"`
}

type backend struct {
	coltrace.UnimplementedTraceServiceServer
	mutex   sync.Mutex
	answers []string
	key     string
	input   chan struct{} // each line that came in
}

func (b *backend) next() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if len(b.answers) == 0 {
		return "OK"
	}
	first := b.answers[0]
	b.answers = b.answers[1:]
	return first
}

func (b *backend) say(made any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	json.NewEncoder(os.Stdout).Encode(made)
}

// hold waits for a line, or until there is nobody any more to be answered.
func (b *backend) hold(ctx context.Context, made call) error {
	b.say(made)
	select {
	case <-b.input:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

func (b *backend) read() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		b.input <- struct{}{}
	}
}

// Of all that there is to be told, HandleConn tells when a connection has ended.
func (b *backend) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (b *backend) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (b *backend) HandleRPC(context.Context, stats.RPCStats)                         {}
func (b *backend) HandleConn(_ context.Context, what stats.ConnStats) {
	if _, ok := what.(*stats.ConnEnd); ok {
		b.say(map[string]string{"signal": "closed"})
	}
}

// Nobody without the key, where there is one.
func (b *backend) refused(ctx context.Context) error {
	given, _ := metadata.FromIncomingContext(ctx)
	if b.key == "" || strings.Join(given["authorization"], "") == b.key {
		return nil
	}
	return status.Error(codes.Unauthenticated, "who are you?")
}

func statusOf(answer string) error {
	word, text, _ := strings.Cut(answer, ":")
	if word == "OK" {
		return nil
	}
	if word == "RETRY" {
		ms, _ := strconv.Atoi(text)
		made, _ := status.New(codes.ResourceExhausted, "slower, please").WithDetails(
			&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Duration(ms) * time.Millisecond)})
		return made.Err()
	}
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(`"` + word + `"`)); err != nil {
		panic(err)
	}
	return status.Error(code, text)
}

func (b *backend) answer(ctx context.Context, made *call) error {
	if err := b.refused(ctx); err != nil {
		return err
	}
	made.Answer = b.next()
	if made.Answer == "HELD" {
		return b.hold(ctx, *made)
	}
	return statusOf(made.Answer)
}

func (b *backend) Export(ctx context.Context, request *coltrace.ExportTraceServiceRequest) (
	*coltrace.ExportTraceServiceResponse, error) {
	made := call{Signal: "traces", Names: []string{}}
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				made.Names = append(made.Names, span.Name)
			}
		}
	}
	if who, ok := peer.FromContext(ctx); ok {
		made.Peer = who.Addr.String()
	}
	err := b.answer(ctx, &made)
	if made.Answer == "" || made.Answer == "HELD" {
		made.Answer = status.Code(err).String()
	}
	b.say(made)
	return &coltrace.ExportTraceServiceResponse{}, err
}

// What net/http does in place of the gRPC server, or that one's answer.
func (b *backend) inFrontOf(server *grpc.Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := "OK"
		if strings.HasSuffix(r.URL.Path, "/Export") {
			answer = b.next()
		}
		word, text, _ := strings.Cut(answer, ":")
		if word == "OK" {
			server.ServeHTTP(w, r)
			return
		}
		b.say(call{Signal: "traces", Names: []string{}, Answer: answer})
		if word == "http" {
			code, _ := strconv.Atoi(text)
			http.Error(w, "the gateway says so", code)
			return
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Write([]byte{0, 0, 0, 0, 9, 1})
		w.(http.Flusher).Flush()
		if word == "reset" {
			panic(http.ErrAbortHandler)
		}
	})
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return listener
}

func serve(server *http.Server, front net.Listener, certificate string) {
	if certificate == "" {
		server.Protocols.SetUnencryptedHTTP2(true)
		panic(server.Serve(front))
	}
	server.Protocols.SetHTTP1(true)
	panic(server.ServeTLS(front, certificate, certificate))
}

func main() {
	largest := flag.Int("largest", 4<<20, "bytes of a message")
	age := flag.Duration("age", 0, "of a connection, before GOAWAY")
	silence := flag.Duration("silence", 0, "of a client, before a PING that it must answer within as long")
	key := flag.String("key", "", "what the authorization must be")
	logs := flag.Bool("logs", false, "there is a LogsService, without any method")
	certificate := flag.String("certificate", "", "a file with it and its key (PEM): TLS, and no HTTP/2 at the second port")
	flag.Parse()
	made := &backend{answers: flag.Args(), key: *key, input: make(chan struct{})}
	go made.read()
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(*largest), grpc.StatsHandler(made)}
	if *age > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge: *age, MaxConnectionAgeGrace: 10 * time.Second}))
	}
	if *silence > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: *silence, Timeout: *silence}))
	}
	if *certificate != "" {
		own, err := credentials.NewServerTLSFromFile(*certificate, *certificate)
		if err != nil {
			panic(err)
		}
		options = append(options, grpc.Creds(own))
	}
	server := grpc.NewServer(options...)
	coltrace.RegisterTraceServiceServer(server, made)
	if *logs {
		collogs.RegisterLogsServiceServer(server, collogs.UnimplementedLogsServiceServer{})
	}
	own, front := listen(), listen()
	go serve(&http.Server{Handler: made.inFrontOf(server), Protocols: new(http.Protocols)}, front, *certificate)
	fmt.Println(own.Addr().(*net.TCPAddr).Port, front.Addr().(*net.TCPAddr).Port)
	panic(server.Serve(own))
}
