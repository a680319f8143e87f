"""The public API for styles, composed of four services."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.db import BusinessProfiles, Database, GeneratedImages, StyleDatasetImages, StyleDatasets
from core.progress import ShowProgress
from core.style.analysis_service import StyleAnalysisService
from core.style.dataset_service import StyleDatasetService
from core.style.generator import StyleGenerator
from core.style.hidden_images import Fetch, HiddenImages
from core.style.requests import DEFAULT_REFERENCES, StyleRequest
from core.style.result_service import StyleResultService

if TYPE_CHECKING:
    from core.images import ImageService
    from core.llm import LLMService


class StyleGenerationService:
    """New images in the style of existing ones.

    The methods are what a script needs; everything else is on ``datasets``, ``analysis``, ``generator`` and
    ``results``.
    """

    def __init__(
        self,
        db_session: Database,
        llm_service: "LLMService",
        image_service: "ImageService",
        fetch: Fetch | None = None,
    ) -> None:
        """*fetch* downloads the bytes behind a URL; by default the SSRF-safe ``core.fetch.fetch``."""
        hidden_images = HiddenImages(db_session, image_service, fetch)
        self.analysis = StyleAnalysisService(db_session, llm_service, image_service, hidden_images)
        self.datasets = StyleDatasetService(db_session, image_service, self.analysis)
        self.generator = StyleGenerator(db_session, llm_service, image_service, hidden_images)
        self.results = StyleResultService(db_session, self.datasets, self.analysis)

    def create_style_dataset(self, project_id: str, name: str, master_prompt: str = "") -> StyleDatasets:
        """Create an empty style dataset; *master_prompt* goes into every prompt.

        Raises:
            NotFoundError: there is no such project.
            InvalidInputError: the name is empty.
        """
        return self.datasets.create_style_dataset(project_id, name, master_prompt)

    def add_images(
        self, dataset_id: str, image_ids: Iterable[str] = (), urls: Iterable[str] = ()
    ) -> list[StyleDatasetImages]:
        """Add images of the project and URLs, and return the new rows. URLs are fetched when they are first needed.

        Raises:
            NotFoundError: the style dataset or one of the images does not exist.
            InvalidInputError: an image belongs to another project.
        """
        return self.datasets.add_images(dataset_id, image_ids, urls)

    async def analyze_images(
        self, dataset_id: str, config: dict[str, Any] | None = None, *, progress: ShowProgress = None
    ) -> list[StyleDatasetImages]:
        """Measure all images and have the model of *config* describe them, each image once per model.

        Args:
            dataset_id: the style dataset.
            config: the model; the offline model by default.
            progress: a callback for the share (0 to 1) and the step; True shows a bar, as notebooks do.

        Raises:
            LLMError: a call failed with an error that every further call would meet.
        """
        return await self.analysis.analyze_images(dataset_id, config, progress=progress)

    def set_business_profile(self, project_id: str, business_name: str, vibes: str, theme: str) -> BusinessProfiles:
        """Set the brand with which every full prompt of the project begins.

        Raises:
            NotFoundError: there is no such project.
        """
        return self.generator.set_business_profile(project_id, business_name, vibes, theme)

    async def generate_image(
        self,
        prompt: str,
        dataset_id: str | None = None,
        style: str | None = None,
        aspect_ratio: str = "1:1",
        reference_image_count: int = DEFAULT_REFERENCES,
        config: dict[str, Any] | None = None,
        *,
        project_id: str | None = None,
        keep: bool = True,
        **fields: Any,
    ) -> GeneratedImages:
        """Make one image in the style of a style dataset and put it into the project.

        Args:
            prompt: what the image shows.
            dataset_id: the style dataset; without one only text is sent.
            style: a style keyword such as "watercolor".
            aspect_ratio: width:height, one of those the model makes.
            reference_image_count: references to send, at most what the model takes.
            config: the model; the offline model by default.
            project_id: by default the project of the style dataset, else the newest project.
            keep: put the image into the library; otherwise it is hidden until it is kept.
            fields: further fields of ``StyleRequest``: ``size``, ``wording``, ``pinned``, ``excluded``, ``overrides``.

        Raises:
            InvalidInputError: the prompt is empty, the model does not make this aspect ratio or size, or the style
                dataset belongs to another project.
            NotFoundError: there is no such style dataset.
            LLMError: the model refused, answered with text, or could not be reached.
        """
        request = StyleRequest.from_dict(
            {
                "prompt": prompt,
                "dataset_id": dataset_id,
                "style": style,
                "aspect_ratio": aspect_ratio,
                "reference_image_count": reference_image_count,
                **fields,
            }
        )
        return await self.generator.generate(request, config, project_id=project_id, keep=keep)
