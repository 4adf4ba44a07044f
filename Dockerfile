# The image that examples/kubernetes.yaml names:
#
#     docker build -t registry.example/sdgan_tf:latest .
#
# It was written on a machine without docker, so it was never built.
FROM python:3.12-slim
WORKDIR /sdgan_tf
COPY requirements*.txt ./
RUN pip install --no-cache-dir -r requirements.txt -r requirements-gpu.txt && \
    pip install --no-cache-dir --no-deps -r requirements-projected.txt
COPY . .
RUN pip install --no-cache-dir --no-deps .
ENTRYPOINT ["python", "main.py"]
