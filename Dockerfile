# The image of reelwise, built from this checkout:  docker build -t reelwise .
# Not tested: no Docker engine was available where this was written. One image serves CPU and GPU:
# the torch and FAISS wheels that constraints.txt pins on x86-64 run with and without CUDA.
FROM python:3.11-slim

WORKDIR /app
COPY . .
RUN python -m pip install --no-cache-dir -c constraints.txt .

RUN useradd --create-home reelwise && mkdir /library && chown reelwise /library
USER reelwise
WORKDIR /home/reelwise
ENV REELWISE_HOME=/library
VOLUME /library
EXPOSE 8501

ENTRYPOINT ["reelwise"]
# In a container the server must listen on all addresses. --allow-host keeps the check of the Host
# name, so that no web page can point its own name at this server.
CMD ["serve", "--host", "0.0.0.0", "--allow-host", "localhost", "--allow-host", "127.0.0.1"]
