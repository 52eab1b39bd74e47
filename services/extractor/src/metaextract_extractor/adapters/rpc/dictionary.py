"""metaextract.extractor.v1.FieldDictionaryService over gRPC: unpack, call, pack."""

from metaextract.extractor.v1 import dictionary_pb2 as pb
from metaextract.extractor.v1 import dictionary_pb2_grpc as pb_grpc
from metaextract_common.rpc.server import Context
from metaextract_extractor.adapters.rpc.messages import to_message
from metaextract_extractor.application.dictionary import FieldDefinitions, language_code
from metaextract_extractor.domain.dictionary import VALUES_SHOWN_MAX, FieldSearch


class FieldDictionaryServicer(pb_grpc.FieldDictionaryServiceServicer):
    """Translates one protocol to one set of use cases, and nothing else."""

    def __init__(self, definitions: FieldDefinitions) -> None:
        self._definitions = definitions

    async def SearchFields(  # noqa: N802 - named by the contract
        self,
        request: pb.SearchFieldsRequest,
        context: Context,
    ) -> pb.SearchFieldsResponse:
        search = FieldSearch(
            text=request.query,
            group=request.group,
            family=request.group_family if request.HasField("group_family") else None,
            language=language_code(request.language),
            values_max=None if request.view == pb.FIELD_VIEW_FULL else VALUES_SHOWN_MAX,
        )
        page = await self._definitions.search(search, request.page_size, request.page_token)
        return pb.SearchFieldsResponse(
            fields=[to_message(one, pb.FieldDefinition()) for one in page.found.definitions],
            next_page_token=page.next_page_token,
            total_size=page.found.total_size,
            corrected_query=page.found.corrected_text,
        )

    async def GetField(  # noqa: N802 - named by the contract
        self,
        request: pb.GetFieldRequest,
        context: Context,
    ) -> pb.GetFieldResponse:
        found = await self._definitions.get(request.name, language_code(request.language))
        return pb.GetFieldResponse(field=to_message(found, pb.FieldDefinition()))

    async def ListFieldGroups(  # noqa: N802 - named by the contract
        self,
        request: pb.ListFieldGroupsRequest,
        context: Context,
    ) -> pb.ListFieldGroupsResponse:
        family = request.family if request.HasField("family") else None
        groups = await self._definitions.groups(family)
        return pb.ListFieldGroupsResponse(groups=[to_message(one, pb.FieldGroup()) for one in groups])

    async def GetDictionaryInfo(  # noqa: N802 - named by the contract
        self,
        request: pb.GetDictionaryInfoRequest,
        context: Context,
    ) -> pb.GetDictionaryInfoResponse:
        return to_message(await self._definitions.info(), pb.GetDictionaryInfoResponse())
