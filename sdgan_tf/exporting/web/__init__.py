"""A page that generates in the browser, by onnxruntime-web.

`page_folder.py` writes its folder, `runtime.py` gets onnxruntime-web, `site/`
is the page itself. No server of ours is needed.
"""
