"""A client of the Open Inference Protocol v2 made of Debian's python3-grpcio and python3-protobuf alone.

    infer.py HOST:PORT MODEL JSON

JSON: rows of the model's only input, FP64. The messages are described here by field number, from the published protocol; the contents
go out typed and come back raw. Prints {"output name": [numbers]}. Exit codes: 0; 77 a package is missing; 1 anything else.
"""
import json
import struct
import sys

try:
    import grpc
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError as error:
    print(f"python3-grpcio or python3-protobuf is not installed: {error}", file=sys.stderr)
    sys.exit(77)

STRING, INT64, DOUBLE, BYTES, MESSAGE = 9, 3, 1, 12, 11
MESSAGES = {
    "Contents": [("fp64_contents", 7, DOUBLE, True, None)],
    "Input": [("name", 1, STRING, False, None), ("datatype", 2, STRING, False, None), ("shape", 3, INT64, True, None), ("contents", 5, MESSAGE, False, "Contents")],
    "Output": [("name", 1, STRING, False, None), ("datatype", 2, STRING, False, None), ("shape", 3, INT64, True, None)],
    "Metadata": [("name", 1, STRING, False, None)],
    "MetadataRequest": [("name", 1, STRING, False, None)],
    "MetadataResponse": [("name", 1, STRING, False, None), ("inputs", 4, MESSAGE, True, "Metadata")],
    "Request": [("model_name", 1, STRING, False, None), ("id", 3, STRING, False, None), ("inputs", 5, MESSAGE, True, "Input")],
    "Response": [("id", 3, STRING, False, None), ("outputs", 5, MESSAGE, True, "Output"), ("raw_output_contents", 6, BYTES, True, None)],
}


def describe():
    file = descriptor_pb2.FileDescriptorProto(name="foreign.proto", package="foreign", syntax="proto3")
    for message, fields in MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, number, kind, repeated, of in fields:
            described.field.add(name=name, number=number, type=kind, label=3 if repeated else 1, type_name=f".foreign.{of}" if of else None)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    find = lambda name: pool.FindMessageTypeByName(f"foreign.{name}")
    make = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return {name: make(find(name)) for name in MESSAGES}


def main(address, model, rows):
    types = describe()
    with grpc.insecure_channel(address) as channel:
        def call(method, request, response):
            stub = channel.unary_unary(
                f"/inference.GRPCInferenceService/{method}", request_serializer=lambda message: message.SerializeToString(), response_deserializer=types[response].FromString)
            return stub(request, timeout=30)

        metadata = call("ModelMetadata", types["MetadataRequest"](name=model), "MetadataResponse")
        request = types["Request"](model_name=model, id="python")
        tensor = request.inputs.add(name=metadata.inputs[0].name, datatype="FP64", shape=[len(rows), len(rows[0])])
        tensor.contents.fp64_contents.extend(value for row in rows for value in row)
        response = call("ModelInfer", request, "Response")
        assert response.id == "python", response.id
        raw = response.raw_output_contents
        print(json.dumps({output.name: list(struct.unpack(f"<{len(raw[i]) // 8}d", raw[i])) for i, output in enumerate(response.outputs)}))


main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
