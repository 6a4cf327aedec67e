"""The Open Inference Protocol's /v2/models/NAME/infer by FastAPI and uvicorn.   python3 rest.py PORT MODEL.onnx

Where onnxruntime cannot be imported, it answers a constant: FastAPI then saves the work of a model that the others do.
"""
import os
import sys
import threading
from typing import List

import fastapi
import uvicorn
from pydantic import BaseModel

try:
    import numpy
    import onnxruntime
except ImportError:
    onnxruntime = None

port, model_path = int(sys.argv[1]), sys.argv[2]
session = None
if onnxruntime:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model_path, options)
    input_name, output_name = session.get_inputs()[0].name, session.get_outputs()[0].name


class Tensor(BaseModel):
    name: str
    datatype: str
    shape: List[int]
    data: List[float]


class InferRequest(BaseModel):
    inputs: List[Tensor]


app = fastapi.FastAPI()


@app.post("/v2/models/{model}/infer")
async def infer(model: str, request: InferRequest):
    tensor = request.inputs[0]
    if session:
        scores = session.run([output_name], {input_name: numpy.array(tensor.data).reshape(tensor.shape)})[0]
        output = {"name": output_name, "datatype": "FP64", "shape": list(scores.shape), "data": scores.ravel().tolist()}
    else:
        output = {"name": "score", "datatype": "FP64", "shape": [tensor.shape[0], 1], "data": [0.5] * tensor.shape[0]}
    return {"model_name": model, "model_version": "1", "outputs": [output]}


@app.on_event("startup")
def ready():
    what = f"onnxruntime {onnxruntime.__version__}" if session else "no model (onnxruntime is not installed), in its favour"
    print(f"ready: FastAPI {fastapi.__version__} with {what}, Python {sys.version.split()[0]}", flush=True)
    # Ends with whoever started this.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()


# uvloop and httptools are used where they are installed, as uvicorn[standard] brings them.
uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
