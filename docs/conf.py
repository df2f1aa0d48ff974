"""The site: Sphinx with MyST pages, numpydoc's reference and a gallery that is run.

``python -m sphinx -W --keep-going -b html docs docs/_build/html``

Nothing is fetched while building. A reader's browser fetches MathJax from its CDN:
without a network equations stay as they are written, in TeX.
"""

import inspect
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import skdistill

# Several BLAS threads on few cores make the small fits of the gallery ten times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

DOCS = Path(__file__).parent

project = "skdistill"
author = "The skdistill developers"
copyright = f"2026, {author}"
version = release = skdistill.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.linkcode",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates", "gallery/**/*.ipynb", "gallery/**/*.py"]
exclude_patterns += ["gallery/**/*.zip", "gallery/**/*.json", "gallery/**/*.md5"]
templates_path = ["_templates"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
suppress_warnings = ["config.cache"]
nitpicky = False  # types of numpydoc are prose; tests/docs checks the links

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath", "deflist"]
myst_heading_anchors = 4
# GitHub shows a folder under its bare name; a page needs the file.
myst_url_schemes = ("http", "https", "mailto")

autosummary_generate = True
autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints = "none"  # the docstrings say more: shapes, ranges, units
numpydoc_show_class_members = True
numpydoc_show_inherited_class_members = False
numpydoc_class_members_toctree = False
numpydoc_xref_param_type = False

extlinks = {
    "doi": ("https://doi.org/%s", "doi:%s"),
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
}

html_theme = "pydata_sphinx_theme"
html_title = "skdistill"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "skdistill"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
}
html_sidebars = {"index": [], "tutorial": [], "compare": [], "changelog": []}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

#: Examples that are shown but not run, as their library is not installed.
NEEDS = {
    "plot_cnn_student": ("torch", "skorch"),
    "plot_export_onnx": ("onnxruntime", "skl2onnx"),
}
_cannot = [name for name, libs in NEEDS.items() if not all(map(find_spec, libs))]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": rf"plot_(?!{'|'.join(n[5:] for n in _cannot) or '$'})",
    "within_subsection_order": "FileNameSortKey",
    "show_memory": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "reference_url": {"skdistill": None},
    "doc_module": ("skdistill",),
    "backreferences_dir": None,
    "plot_gallery": "True",
    "abort_on_example_error": True,
}


def linkcode_resolve(domain, info):
    """Link each object to its lines on GitHub."""
    if domain != "py" or not info["module"]:
        return None
    found = sys.modules.get(info["module"])
    for part in info["fullname"].split("."):
        found = getattr(found, part, None)
    try:
        found = inspect.unwrap(found)
        file = Path(inspect.getsourcefile(found))
        lines, first = inspect.getsourcelines(found)
        file = file.relative_to(Path(skdistill.__file__).parents[1])
    except (TypeError, OSError, ValueError):
        return None
    last = first + len(lines) - 1
    return f"https://github.com/skdistill/skdistill/blob/main/{file}#L{first}-L{last}"
