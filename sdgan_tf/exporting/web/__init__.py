"""The explorer's page as a folder that draws in the browser.

`page_folder.py` writes the folder, and `runtime.py` gets onnxruntime-web. The
page itself is `sdgan_tf/explorer/site/`. No server of ours is needed.
"""
