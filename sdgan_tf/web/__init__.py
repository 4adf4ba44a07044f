"""A page that draws pictures in the browser, without a server of ours."""
