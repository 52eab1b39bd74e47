"""The properties that ExifTool names in each XMP schema: names, kinds, groups and structures. Facts only.

Sources: ISO 16684-1:2019 (XMP core schemas), CIPA DC-010, IPTC Photo Metadata 2024, PLUS LDF,
MWG 2.0, Darwin Core, PRISM 3 and the makers' schemas; names and groups as ExifTool 13.59 prints them.

A schema is `(category, properties)`. A property is written `id=Name:kinds@category{Structure~Prefix`:
`=Name` when it is not the id with a capital; kinds `r` rational, `d` date, `a` language alternatives,
`L` list, `l` never a list, `F` a flattened name set apart, `e` enumerated (`xmp_labels.LABELS`), `o` with
other values too, `c` converted (`CONVERTED`), `x` converted in a way that is not told here; `@` its
category, by the letters of `CATEGORIES`; `{` the structure of its value (`STRUCTURES`), `~` what the names
of the structure's fields begin with.
"""

from typing import Final

CATEGORIES: Final = {
    "U": "Audio",
    "A": "Author",
    "C": "Camera",
    "D": "Device",
    "M": "Document",
    "I": "Image",
    "L": "Location",
    "O": "Other",
    "P": "Preview",
    "T": "Time",
    "K": "Unknown",
    "V": "Video",
}

NAMESPACES: Final[dict[str, str]] = {
    "adobe:ns:meta/": "x",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://creativecommons.org/ns#": "cc",
    "http://developer.sonyericsson.com/cell/1.0/": "cell",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://leica-camera.com/digital-shift-assistant/1.0/": "xmpDSA",
    "http://ns.acdsee.com/iptc/1.0/": "acdsee",
    "http://ns.acdsee.com/regions/": "acdsee-rs",
    "http://ns.adobe.com/DICOM/": "DICOM",
    "http://ns.adobe.com/album/1.0/": "album",
    "http://ns.adobe.com/camera-raw-defaults/1.0/": "crd",
    "http://ns.adobe.com/camera-raw-embedded-lens-profile/1.0/": "crlcp",
    "http://ns.adobe.com/camera-raw-saved-settings/1.0/": "crss",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/creatorAtom/1.0/": "creatorAtom",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://ns.adobe.com/hdr-gain-map/1.0/": "hdrgm",
    "http://ns.adobe.com/hdr-metadata/1.0/": "hdr_metadata",
    "http://ns.adobe.com/iX/1.0/": "iX",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://ns.adobe.com/pdf/1.3/": "pdf",
    "http://ns.adobe.com/pdfx/1.3/": "pdfx",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/photoshop/1.0/camera-profile": "stCamera",
    "http://ns.adobe.com/photoshop/1.0/panorama-profile": "panorama",
    "http://ns.adobe.com/swf/1.0/": "swf",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/PLUS/": "xmpPLUS",
    "http://ns.adobe.com/xap/1.0/bj/": "xmpBJ",
    "http://ns.adobe.com/xap/1.0/g/": "xmpG",
    "http://ns.adobe.com/xap/1.0/g/img/": "xmpGImg",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/sType/Dimensions#": "stDim",
    "http://ns.adobe.com/xap/1.0/sType/Font#": "stFnt",
    "http://ns.adobe.com/xap/1.0/sType/Job#": "stJob",
    "http://ns.adobe.com/xap/1.0/sType/ManifestItem#": "stMfs",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": "stRef",
    "http://ns.adobe.com/xap/1.0/sType/Version#": "stVer",
    "http://ns.adobe.com/xap/1.0/t/pg/": "xmpTPg",
    "http://ns.adobe.com/xmp/1.0/DynamicMedia/": "xmpDM",
    "http://ns.adobe.com/xmp/Identifier/qual/1.0/": "xmpidq",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://ns.adobe.com/xmp/sType/Area#": "stArea",
    "http://ns.apple.com/HDRGainMap/1.0/": "HDRGainMap",
    "http://ns.apple.com/adjustment-settings/1.0/": "aas",
    "http://ns.apple.com/faceinfo/1.0/": "apple-fi",
    "http://ns.apple.com/pixeldatainfo/1.0/": "apdi",
    "http://ns.camerabits.com/photomechanic/1.0/": "photomechanic",
    "http://ns.exiftool.ca/1.0/": "et",
    "http://ns.exiftool.org/1.0/": "et",
    "http://ns.extensis.com/extensis/1.0/": "extensis",
    "http://ns.fastpictureviewer.com/fpv/1.0/": "fpv",
    "http://ns.google.com/photos/1.0/audio/": "GAudio",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "GContainer",
    "http://ns.google.com/photos/1.0/creations/": "GCreations",
    "http://ns.google.com/photos/1.0/depthmap/": "GDepth",
    "http://ns.google.com/photos/1.0/focus/": "GFocus",
    "http://ns.google.com/photos/1.0/image/": "GImage",
    "http://ns.google.com/photos/1.0/panorama/": "GPano",
    "http://ns.google.com/photos/dd/1.0/device/": "Device",
    "http://ns.google.com/photos/dd/1.0/profile/": "Profile",
    "http://ns.google.com/videos/1.0/spherical/": "GSpherical",
    "http://ns.idimager.com/ics/1.0/": "ics",
    "http://ns.iview-multimedia.com/mediapro/1.0/": "mediapro",
    "http://ns.leiainc.com/photos/1.0/image/": "LImage",
    "http://ns.microsoft.com/expressionmedia/1.0/": "expressionmedia",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.1": "MP1",
    "http://ns.microsoft.com/photo/1.2/": "MP",
    "http://ns.microsoft.com/photo/1.2/t/Region#": "MPReg",
    "http://ns.microsoft.com/photo/1.2/t/RegionInfo#": "MPRI",
    "http://ns.nikon.com/asteroid/1.0/": "ast",
    "http://ns.nikon.com/nine/1.0/": "nine",
    "http://ns.nikon.com/sdc/1.0/": "sdc",
    "http://ns.optimasc.com/dex/1.0/": "dex",
    "http://ns.seal/2024/1.0/": "seal",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://prismstandard.org/namespaces/basic/2.0/": "prism",
    "http://prismstandard.org/namespaces/pmi/2.2/": "pmi",
    "http://prismstandard.org/namespaces/prismusagerights/2.1/": "pur",
    "http://prismstandard.org/namespaces/prl/2.1/": "prl",
    "http://prismstandard.org/namespaces/prm/3.0/": "prm",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://rs.tdwg.org/dwc/index.htm": "dwc",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://www.dji.com/drone-dji/1.0/": "drone-dji",
    "http://www.metadataworkinggroup.com/schemas/collections/": "mwg-coll",
    "http://www.metadataworkinggroup.com/schemas/keywords/": "mwg-kw",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://www.w3.org/2000/svg": "svg",
    "http://xmp.gettyimages.com/gift/1.0/": "GettyImagesGIFT",
}
"""The usual prefix of each namespace."""

GROUPS: Final[dict[str, str]] = {
    "GettyImagesGIFT": "getty",
    "Iptc4xmpCore": "iptcCore",
    "Iptc4xmpExt": "iptcExt",
    "MicrosoftPhoto": "microsoft",
    "hdr_metadata": "hdr",
    "photomechanic": "photomech",
    "prismusagerights": "pur",
}
"""Groups that are not called after the prefix."""

SCHEMAS: Final[dict[str, tuple[str, str]]] = {
    "DICOM": (
        "Image",
        (
            "EquipmentInstitution EquipmentManufacturer PatientDOB=PatientBirthDate:d@T PatientID "
            "PatientName PatientSex SeriesDateTime:d@T SeriesDescription SeriesModality "
            "SeriesNumber StudyDateTime:d@T StudyDescription StudyID StudyPhysician"
        ),
    ),
    "Device": (
        "Camera",
        (
            "AppInfo{Google_AppInfo Cameras:L{Google_DeviceCameras~ "
            "Container{Google_DeviceContainer EarthPos{Google_EarthPose "
            "Planes:L{Google_DevicePlanes~ Pose{Google_Pose Profiles:L{Google_DeviceProfiles~ "
            "VendorInfo{Google_VendorInfo"
        ),
    ),
    "GAudio": ("Audio", "Data=AudioData:x Mime=AudioMimeType"),
    "GCamera": (
        "Camera",
        (
            "BurstID BurstPrimary DisableAutoCreation:L DisableSuggestedAction:L "
            "HdrPlusMakernote=HDRPlusMakerNote:x MicroVideo MicroVideoOffset "
            "MicroVideoPresentationTimestampUs MicroVideoVersion MotionPhoto "
            "MotionPhotoPresentationTimestampUs MotionPhotoVersion PortraitNote PortraitRequest:x "
            "PortraitVersion SpecialTypeID:L hdrp_makernote=HDRPMakerNote:x "
            "shot_log_data=ShotLogData:x"
        ),
    ),
    "GContainer": ("Image", "Directory=ContainerDirectory:L{Google_Directory~Directory"),
    "GCreations": ("Camera", "CameraBurstID Type"),
    "GDepth": (
        "Image",
        (
            "Confidence:x ConfidenceMime Data=DepthImage:x Far Format:e ImageHeight ImageWidth "
            "Manufacturer MeasureType:e Mime Model Near Software Units"
        ),
    ),
    "GFocus": ("Image", "BlurAtInfinity FocalDistance FocalPointX FocalPointY"),
    "GImage": ("Image", "Data=ImageData:x Mime=ImageMimeType"),
    "GPano": (
        "Image",
        (
            "CaptureSoftware CroppedAreaImageHeightPixels CroppedAreaImageWidthPixels "
            "CroppedAreaLeftPixels CroppedAreaTopPixels ExposureLockUsed FirstPhotoDate:d@T "
            "FullPanoHeightPixels FullPanoWidthPixels InitialCameraDolly "
            "InitialHorizontalFOVDegrees InitialVerticalFOVDegrees InitialViewHeadingDegrees "
            "InitialViewPitchDegrees InitialViewRollDegrees LargestValidInteriorRectHeight "
            "LargestValidInteriorRectLeft LargestValidInteriorRectTop "
            "LargestValidInteriorRectWidth LastPhotoDate:d@T PoseHeadingDegrees PosePitchDegrees "
            "PoseRollDegrees ProjectionType SourcePhotosCount StitchingSoftware UsePanoramaViewer"
        ),
    ),
    "GSpherical": (
        "Image",
        (
            "CroppedAreaImageHeightPixels CroppedAreaImageWidthPixels CroppedAreaLeftPixels "
            "CroppedAreaTopPixels FullPanoHeightPixels FullPanoWidthPixels "
            "InitialViewHeadingDegrees InitialViewPitchDegrees InitialViewRollDegrees "
            "ProjectionType SourceCount Spherical StereoMode Stitched StitchingSoftware "
            "Timestamp=TimeStamp:x@T"
        ),
    ),
    "HDRGainMap": ("Unknown", "HDRGainMapVersion:c"),
    "LImage": ("Image", "MajorVersion MinorVersion RightAlbedo:x@P"),
    "MP": (
        "Image",
        (
            "RegionInfo=RegionInfoMP{Microsoft_RegionInfo RegionInfoDateRegionsValid:F "
            "RegionInfoRegions:F RegionInfoRegionsPersonDisplayName=RegionPersonDisplayName:F "
            "RegionInfoRegionsPersonEmailDigest=RegionPersonEmailDigest:F "
            "RegionInfoRegionsPersonLiveIdCID=RegionPersonLiveIdCID:F "
            "RegionInfoRegionsPersonSourceID=RegionPersonSourceID:F "
            "RegionInfoRegionsRectangle=RegionRectangle:F"
        ),
    ),
    "MP1": (
        "Image",
        (
            "Brightness CameraModelID Contrast ExposureCompensation PanoramicStitchCameraMotion:e "
            "PanoramicStitchMapType:e PanoramicStitchPhi0 PanoramicStitchPhi1 "
            "PanoramicStitchTheta0 PanoramicStitchTheta1 PipelineVersion StreamType WhiteBalance0 "
            "WhiteBalance1 WhiteBalance2"
        ),
    ),
    "PixelLive": (
        "Image",
        ("AUTHOR=Author@A COMMENTS=Comments COPYRIGHT=Copyright@A DATE=Date@T GENRE=Genre TITLE=Title"),
    ),
    "aas": (
        "Image",
        (
            "AffineA AffineB AffineC AffineD AffineX AffineY CropH CropW CropX CropY Curve0x "
            "Curve0y Curve1x Curve1y Curve2x Curve2y Curve3x Curve3y Curve4x Curve4y "
            "FaceBalanceOrigI FaceBalanceOrigQ FaceBalanceStrength FaceBalanceWarmth Highlights "
            "Shadows Vibrance"
        ),
    ),
    "acdsee": (
        "Image",
        (
            "EditStatus FixtureIdentifier ObjectCycle OriginatingProgram ReleaseDate ReleaseTime "
            "Snapshots:Lx author@A caption categories collections datetime=DateTime:d@T dpp=DPP:ax "
            "keywords:L notes rating rawrppused rpp=RPP:ax tagged"
        ),
    ),
    "acdsee-rs": ("Image", "Regions=RegionInfoACDSee{ACDSeeRegionInfo~ACDSee"),
    "album": ("Image", "Notes"),
    "apdi": ("Image", "AuxiliaryImageType NativeFormat:c StoredFormat:c"),
    "apple-fi": ("Image", "AngleInfoRoll AngleInfoYaw ConfidenceLevel FaceID Timestamp=TimeStamp"),
    "ast": (
        "Image",
        (
            "GPSAltitude:x@L GPSAltitudeRef:x@L GPSImgDirection:x@L GPSImgDirectionRef:e@L "
            "GPSLatitude:x@L GPSLatitudeRef:x@L GPSLongitude:x@L GPSLongitudeRef:x@L GPSMapDatum@L "
            "GPSVersionID:x@L IPTC:x XMLPackets:x about version"
        ),
    ),
    "aux": (
        "Camera",
        (
            "ApproximateFocusDistance:re DistortionCorrectionAlreadyApplied "
            "EnhanceDenoiseAlreadyApplied EnhanceDenoiseLumaAmount EnhanceDenoiseVersion "
            "EnhanceDetailsAlreadyApplied EnhanceDetailsVersion "
            "EnhanceSuperResolutionAlreadyApplied EnhanceSuperResolutionScale:r "
            "EnhanceSuperResolutionVersion Firmware FlashCompensation:r FujiRatingAlreadyApplied "
            "ImageNumber IsMergedHDR IsMergedPanorama "
            "LateralChromaticAberrationCorrectionAlreadyApplied Lens LensDistortInfo LensID "
            "LensInfo:c LensSerialNumber NeutralDensityFactor OwnerName SerialNumber "
            "VignetteCorrectionAlreadyApplied"
        ),
    ),
    "cc": (
        "Author",
        (
            "attributionName attributionURL deprecatedOn:d@T jurisdiction legalcode=LegalCode "
            "license morePermissions permits:Le prohibits:Le requires:Le useGuidelines"
        ),
    ),
    "cell": (
        "Location",
        (
            "cellid=CellTowerID cgi=CellGlobalID lac=LocationAreaCode mcc=MobileCountryCode "
            "mnc=MobileNetworkCode r=CellR"
        ),
    ),
    "creatorAtom": ("Image", "aeProjectLink{AEProjectLink macAtom{MacAtom windowsAtom{WindowsAtom"),
    "crs": (
        "Image",
        (
            "AlreadyApplied AutoBrightness AutoContrast AutoExposure AutoLateralCA AutoShadows "
            "AutoTone AutoToneDigest AutoToneDigestNoSat AutoWhiteVersion Blacks2012 BlueHue "
            "BlueSaturation Brightness CameraModelRestriction CameraProfile CameraProfileDigest "
            "ChromaticAberrationB ChromaticAberrationR "
            "CircularGradientBasedCorrections:L{Correction~CircGradBasedCorr "
            "CircularGradientBasedCorrectionsCorrectionMasks=CircGradBasedCorrMasks:F~CircGradBased"
            "CorrMask "
            "CircularGradientBasedCorrectionsCorrectionMasksDabs=CircGradBasedCorrMaskDabs:lF "
            "Clarity Clarity2012 ClipboardAspectRatio ClipboardOrientation Cluster "
            "ColorGradeBlending ColorGradeGlobalHue ColorGradeGlobalLum ColorGradeGlobalSat "
            "ColorGradeHighlightLum ColorGradeMidtoneHue ColorGradeMidtoneLum ColorGradeMidtoneSat "
            "ColorGradeShadowLum ColorNoiseReduction ColorNoiseReductionDetail "
            "ColorNoiseReductionSmoothness ColorVariance:L CompatibleVersion ContactInfo Contrast "
            "Contrast2012 ConvertToGrayscale Converter Copyright CropAngle CropBottom "
            "CropConstrainToUnitSquare CropConstrainToWarp CropHeight CropLeft CropRight CropTop "
            "CropUnit:e CropUnits:e CropWidth DNGIgnoreSidecars DefaultAutoGray DefaultAutoTone "
            "DefaultsSpecificToISO DefaultsSpecificToSerial Defringe DefringeGreenAmount "
            "DefringeGreenHueHi DefringeGreenHueLo DefringePurpleAmount DefringePurpleHueHi "
            "DefringePurpleHueLo Dehaze DepthBasedCorrections:L{DepthBasedCorr~DepthBasedCorr "
            "DepthMapInfo{DepthMapInfo Description:a Exposure Exposure2012 FillLight "
            "GradientBasedCorrections:L{Correction~GradientBasedCorr "
            "GradientBasedCorrectionsCorrectionMasks=GradientBasedCorrMasks:F~GradientBasedCorrMask"
            " GradientBasedCorrectionsCorrectionMasksDabs=GradientBasedCorrMaskDabs:lF GrainAmount "
            "GrainFrequency GrainSeed GrainSize GrayMixerAqua GrayMixerBlue GrayMixerGreen "
            "GrayMixerMagenta GrayMixerOrange GrayMixerPurple GrayMixerRed GrayMixerYellow "
            "GreenHue GreenSaturation Group:a HDREditMode HDRMaxValue HasCrop HasSettings "
            "Highlight2012 HighlightRecovery Highlights2012 HueAdjustmentAqua HueAdjustmentBlue "
            "HueAdjustmentGreen HueAdjustmentMagenta HueAdjustmentOrange HueAdjustmentPurple "
            "HueAdjustmentRed HueAdjustmentYellow IncrementalTemperature IncrementalTint "
            "JPEGHandling LensBlur{LensBlur LensManualDistortionAmount "
            "LensProfileChromaticAberrationScale LensProfileDigest LensProfileDistortionScale "
            "LensProfileEnable LensProfileFilename LensProfileIsEmbedded "
            "LensProfileMatchKeyCameraModelName LensProfileMatchKeyExifMake "
            "LensProfileMatchKeyExifModel LensProfileMatchKeyIsRaw LensProfileMatchKeyLensID "
            "LensProfileMatchKeyLensInfo LensProfileMatchKeyLensName "
            "LensProfileMatchKeySensorFormatFactor LensProfileName LensProfileSetup "
            "LensProfileVignettingScale Look{Look LookName LuminanceAdjustmentAqua "
            "LuminanceAdjustmentBlue LuminanceAdjustmentGreen LuminanceAdjustmentMagenta "
            "LuminanceAdjustmentOrange LuminanceAdjustmentPurple LuminanceAdjustmentRed "
            "LuminanceAdjustmentYellow LuminanceNoiseReductionContrast "
            "LuminanceNoiseReductionDetail LuminanceSmoothing "
            "MaskGroupBasedCorrections:L{Correction~MaskGroupBasedCorr MoireFilter:e Name:a "
            "NegativeCacheLargePreviewSize NegativeCacheMaximumSize NegativeCachePath "
            "OverrideLookVignette PaintBasedCorrections:L{Correction~PaintCorrection "
            "PaintBasedCorrectionsCorrectionMasks=PaintBasedCorrectionMasks:F~PaintCorrectionMask "
            "PaintBasedCorrectionsCorrectionMasksDabs=PaintCorrectionMaskDabs:lF ParametricDarks "
            "ParametricHighlightSplit ParametricHighlights ParametricLights ParametricMidtoneSplit "
            "ParametricShadowSplit ParametricShadows PerspectiveAspect PerspectiveHorizontal "
            "PerspectiveRotate PerspectiveScale PerspectiveUpright:e PerspectiveVertical "
            "PerspectiveX PerspectiveY PointColors:L PostCropVignetteAmount "
            "PostCropVignetteFeather PostCropVignetteHighlightContrast PostCropVignetteMidpoint "
            "PostCropVignetteRoundness PostCropVignetteStyle:e PresetType ProcessVersion "
            "RangeMaskMapInfo=RangeMask{RangeMask~RangeMask RawFileName RedEyeInfo:L RedHue "
            "RedSaturation RetouchAreas:L{RetouchArea~RetouchArea "
            "RetouchAreasMasks=RetouchAreaMasks:F~RetouchAreaMask "
            "RetouchAreasMasksDabs=RetouchAreaMaskDabs:lF RetouchInfo:L SDRBlend SDRBrightness "
            "SDRContrast SDRHighlights SDRShadows SDRWhites Saturation SaturationAdjustmentAqua "
            "SaturationAdjustmentBlue SaturationAdjustmentGreen SaturationAdjustmentMagenta "
            "SaturationAdjustmentOrange SaturationAdjustmentPurple SaturationAdjustmentRed "
            "SaturationAdjustmentYellow ShadowTint Shadows Shadows2012 SharpenDetail "
            "SharpenEdgeMasking SharpenRadius Sharpness ShortName:a Smoothness SortName:a "
            "SplitToningBalance SplitToningHighlightHue SplitToningHighlightSaturation "
            "SplitToningShadowHue SplitToningShadowSaturation SupportsAmount SupportsColor "
            "SupportsHighDynamicRange SupportsMonochrome SupportsNormalDynamicRange "
            "SupportsOutputReferred SupportsSceneReferred TIFFHandling "
            "Temperature=ColorTemperature Texture Tint ToggleStyleAmount ToggleStyleDigest "
            "ToneCurve:L ToneCurveBlue:L ToneCurveGreen:L ToneCurveName:e ToneCurveName2012 "
            "ToneCurvePV2012:L ToneCurvePV2012Blue:L ToneCurvePV2012Green:L ToneCurvePV2012Red:L "
            "ToneCurveRed:L ToneMapStrength UUID UprightCenterMode UprightCenterNormX "
            "UprightCenterNormY UprightDependentDigest UprightFocalLength35mm UprightFocalMode "
            "UprightFourSegmentsCount UprightFourSegments_0 UprightFourSegments_1 "
            "UprightFourSegments_2 UprightFourSegments_3 UprightGuidedDependentDigest "
            "UprightPreview UprightTransformCount UprightTransform_0 UprightTransform_1 "
            "UprightTransform_2 UprightTransform_3 UprightTransform_4 UprightTransform_5 "
            "UprightVersion Version Vibrance VignetteAmount VignetteMidpoint What WhiteBalance:e "
            "Whites2012"
        ),
    ),
    "dc": (
        "Other",
        (
            "contributor:L@A coverage creator:L@A date:dL@T description:a@I format@I identifier@I "
            "language:L publisher:L@A relation:L rights:a@A source@A subject:L@I title:a@I type:L@I"
        ),
    ),
    "dex": (
        "Image",
        (
            "crc32=CRC32 ffid=FFID licensetype=LicenseType:x os=OS rating revision "
            "shortdescription=ShortDescription:a source"
        ),
    ),
    "digiKam": (
        "Image",
        (
            "CaptionsAuthorNames:a CaptionsDateTimeStamps:a@T ColorLabel ImageHistory "
            "ImageUniqueID LensCorrectionSettings PickLabel TagsList:L picasawebGPhotoId"
        ),
    ),
    "drone-dji": (
        "Location",
        (
            "AbsoluteAltitude CalibratedFocalLength@I CalibratedOpticalCenterX@I "
            "CalibratedOpticalCenterY@I CamReverse DewarpData@I DewarpFlag@I FlightPitchDegree "
            "FlightRollDegree FlightXSpeed FlightYSpeed FlightYawDegree FlightZSpeed "
            "GimbalPitchDegree GimbalReverse GimbalRollDegree GimbalYawDegree "
            "GpsLatitude=GPSLatitude:c GpsLongitude=GPSLongitude:c GpsLongtitude=GPSLongtitude:c "
            "Latitude:c Longitude:c RelativeAltitude RtkFlag RtkStdHgt RtkStdLat RtkStdLon "
            "SelfData@I"
        ),
    ),
    "dwc": (
        "Other",
        (
            "Event=DCEvent{DarwinCore_Event~Event EventEventDate=EventDate:F "
            "EventEventID=EventID:F EventEventRemarks=EventRemarks:F EventEventTime=EventTime:F "
            "FossilSpecimen{DarwinCore_MaterialSample "
            "GeologicalContext{DarwinCore_GeologicalContext~ GeologicalContextBed:F "
            "GeologicalContextFormation:F GeologicalContextGroup:F GeologicalContextMember:F "
            "HumanObservation{DarwinCore_Event Identification{DarwinCore_Identification~ "
            "LivingSpecimen{DarwinCore_MaterialSample MachineObservation{DarwinCore_Event "
            "MaterialSample{DarwinCore_MaterialSample "
            "MaterialSampleMaterialSampleID=MaterialSampleID:F "
            "MeasurementOrFact{DarwinCore_MeasurementOrFact~ Occurrence{DarwinCore_Occurrence "
            "OccurrenceOccurrenceDetails=OccurrenceDetails:F OccurrenceOccurrenceID=OccurrenceID:F "
            "OccurrenceOccurrenceRemarks=OccurrenceRemarks:F "
            "OccurrenceOccurrenceStatus=OccurrenceStatus:F Organism{DarwinCore_Organism "
            "OrganismOrganismID=OrganismID:F OrganismOrganismName=OrganismName:F "
            "OrganismOrganismRemarks=OrganismRemarks:F OrganismOrganismScope=OrganismScope:F "
            "PreservedSpecimen{DarwinCore_MaterialSample Record{DarwinCore_Record "
            "ResourceRelationship{DarwinCore_ResourceRelationship~ Taxon{DarwinCore_Taxon "
            "TaxonTaxonConceptID=TaxonConceptID:F TaxonTaxonID=TaxonID:F "
            "TaxonTaxonRank=TaxonRank:F TaxonTaxonRemarks=TaxonRemarks:F "
            "dctermsLocation=DCTermsLocation@L{DarwinCore_DCTermsLocation~DC"
        ),
    ),
    "et": ("Image", "OriginalImageHash OriginalImageHashType OriginalImageMD5"),
    "exif": (
        "Image",
        (
            "ApertureValue:rc BrightnessValue:r CFAPattern{CFAPattern ColorSpace:e "
            "ComponentsConfiguration:Le CompressedBitsPerPixel:r Contrast:e@C CustomRendered:e "
            "DateTimeDigitized:d@T DateTimeOriginal:d@T DeviceSettingDescription@C{DeviceSettings "
            "DigitalZoomRatio:r ExifVersion ExposureBiasValue=ExposureCompensation:rc "
            "ExposureIndex:r ExposureMode:e@C ExposureProgram:e@C ExposureTime:rc FNumber:rc "
            "FileSource:e Flash@C{Flash FlashEnergy:r@C FlashpixVersion FocalLength:rc@C "
            "FocalLengthIn35mmFilm=FocalLengthIn35mmFormat:c@C FocalPlaneResolutionUnit:e@C "
            "FocalPlaneXResolution:r@C FocalPlaneYResolution:r@C GPSAltitude:rc@L "
            "GPSAltitudeRef:eo@L GPSAreaInformation@L GPSDOP:r@L GPSDestBearing:r@L "
            "GPSDestBearingRef:e@L GPSDestDistance:r@L GPSDestDistanceRef:e@L GPSDestLatitude:c@L "
            "GPSDestLongitude:c@L GPSDifferential:e@L GPSHPositioningError:rc@L "
            "GPSImgDirection:r@L GPSImgDirectionRef:e@L GPSLatitude:c@L GPSLongitude:c@L "
            "GPSMapDatum@L GPSMeasureMode:e@L GPSProcessingMethod@L GPSSatellites@L GPSSpeed:r@L "
            "GPSSpeedRef:e@L GPSStatus:e@L GPSTimeStamp=GPSDateTime:d@T GPSTrack:r@L "
            "GPSTrackRef:e@L GPSVersionID@L GainControl:e@C ISOSpeedRatings=ISO:L ImageUniqueID "
            "LightSource:e@C MakerNote MaxApertureValue:rc@C MeteringMode:e@C NativeDigest "
            "OECF=Opto-ElectricConvFactor@C{OECF~OECF PixelXDimension=ExifImageWidth "
            "PixelYDimension=ExifImageHeight RelatedSoundFile Saturation:e@C SceneCaptureType:e@C "
            "SceneType:e SensingMethod:e@C Sharpness:e@C ShutterSpeedValue:rc "
            "SpatialFrequencyResponse@C{OECF SpectralSensitivity@C SubjectArea:L "
            "SubjectDistance:rc@C SubjectDistanceRange:e@C SubjectLocation:L UserComment:a "
            "WhiteBalance:e@C"
        ),
    ),
    "exifEX": (
        "Image",
        (
            "Acceleration:r BodySerialNumber=SerialNumber@C CameraElevationAngle:r "
            "CameraFirmware@C CameraOwnerName=OwnerName CompositeImage:e CompositeImageCount:L "
            "CompositeImageExposureTimes{CompImageExp~CompImage Gamma:r Humidity:r ISOSpeed "
            "ISOSpeedLatitudeyyy ISOSpeedLatitudezzz ImageEditingSoftware ImageEditor ImageTitle "
            "ImageUniqueID InteroperabilityIndex=InteropIndex:e LensMake@C LensModel@C "
            "LensSerialNumber@C LensSpecification=LensInfo:rLc@C MetadataEditingSoftware "
            "Photographer@A PhotographicSensitivity Pressure:r RAWDevelopingSoftware "
            "RecommendedExposureIndex SensitivityType:e StandardOutputSensitivity "
            "Temperature=AmbientTemperature:r WaterDepth:r"
        ),
    ),
    "expressionmedia": ("Image", "CatalogSets:L Event People:L Status"),
    "extensis": ("Image", "Approved ApprovedBy ClientName JobName JobStatus RoutedTo RoutingNotes WorkToDo"),
    "fpv": ("Image", "RichTextComment"),
    "getty": (
        "Image",
        (
            "AssetID CallForImage CameraFilename CameraMakeModel CameraSerialNumber Composition "
            "ExclusiveCoverage GIFTFtpPriority ImageRank MediaEventIdDate "
            "OriginalCreateDateTime:d@T OriginalFilename=OriginalFileName ParentMEID "
            "ParentMediaEventID Personality:L PrimaryFTP:L RoutingDestinations:L "
            "RoutingExclusions:L SecondaryFTP:L TimeShot"
        ),
    ),
    "hdr": (
        "Image",
        (
            "ccv_avg_luminance_nits=CCVAvgLuminanceNits ccv_max_luminance_nits=CCVMaxLuminanceNits "
            "ccv_min_luminance_nits=CCVMinLuminanceNits ccv_primaries_xy=CCVPrimariesXY "
            "ccv_white_xy=CCVWhiteXY scene_referred=SceneReferred"
        ),
    ),
    "hdrgm": (
        "Image",
        (
            "BaseRenditionIsHDR GainMapMax:L GainMapMin:L Gamma:L HDRCapacityMax HDRCapacityMin "
            "OffsetHDR:L OffsetSDR:L Version"
        ),
    ),
    "ics": (
        "Image",
        (
            "AppVersion ImageRef SubVersions:L{SubVersion SubVersionsFileName=SubVersionFileName:F "
            "SubVersionsVersRef=SubVersionReference:F TagStructure:L{TagStructure "
            "TagStructureLabelName=LabelName1:F TagStructureParentReference=ParentReference1:F "
            "TagStructureReference=Reference1:F TagStructureSubLabels=SubLabels1:F "
            "TagStructureSubLabelsLabelName=LabelName2:F "
            "TagStructureSubLabelsParentReference=ParentReference2:F "
            "TagStructureSubLabelsReference=Reference2:F "
            "TagStructureSubLabelsSubLabels=SubLabels2:F "
            "TagStructureSubLabelsSubLabelsLabelName=LabelName3:F "
            "TagStructureSubLabelsSubLabelsParentReference=ParentReference3:F "
            "TagStructureSubLabelsSubLabelsReference=Reference3:F "
            "TagStructureSubLabelsSubLabelsSubLabels=SubLabels3:F "
            "TagStructureSubLabelsSubLabelsSubLabelsLabelName=LabelName4:F "
            "TagStructureSubLabelsSubLabelsSubLabelsParentReference=ParentReference4:F "
            "TagStructureSubLabelsSubLabelsSubLabelsReference=Reference4:F "
            "TagStructureSubLabelsSubLabelsSubLabelsSubLabels=SubLabels4:F "
            "TagStructureSubLabelsSubLabelsSubLabelsSubLabelsLabelName=LabelName5:F "
            "TagStructureSubLabelsSubLabelsSubLabelsSubLabelsParentReference=ParentReference5:F "
            "TagStructureSubLabelsSubLabelsSubLabelsSubLabelsReference=Reference5:F "
            "TagStructureSubLabelsSubLabelsSubLabelsSubLabelsSubLabels=SubLabels5:F "
            "TagStructureSubLabelsSubLabelsSubLabelsSubLabelsSubLabelsLabelName=LabelName6:F "
            "TagStructureSubLabelsSubLabelsSubLabelsSubLabelsSubLabelsParentReference=ParentReferen"
            "ce6:F TagStructureSubLabelsSubLabelsSubLabelsSubLabelsSubLabelsReference=Reference6:F "
            "TimeStamp:d@T"
        ),
    ),
    "iptcCore": (
        "Author",
        (
            "AltTextAccessibility:a@O CountryCode@L CreatorContactInfo{ContactInfo "
            "CreatorContactInfoCiAdrCity=CreatorCity:F "
            "CreatorContactInfoCiAdrCtry=CreatorCountry:F "
            "CreatorContactInfoCiAdrExtadr=CreatorAddress:F "
            "CreatorContactInfoCiAdrPcode=CreatorPostalCode:F "
            "CreatorContactInfoCiAdrRegion=CreatorRegion:F "
            "CreatorContactInfoCiEmailWork=CreatorWorkEmail:F "
            "CreatorContactInfoCiTelWork=CreatorWorkTelephone:F "
            "CreatorContactInfoCiUrlWork=CreatorWorkURL:F ExtDescrAccessibility:a@O "
            "IntellectualGenre@O Location@L Scene:L@O SubjectCode:L@O"
        ),
    ),
    "iptcExt": (
        "Author",
        (
            "AIPromptInformation AIPromptWriterName AISystemUsed AISystemVersionUsed "
            "AboutCvTerm:L{CVTermDetails AboutCvTermCvId:F AboutCvTermCvTermId=AboutCvTermId:F "
            "AboutCvTermCvTermName=AboutCvTermName:F "
            "AboutCvTermCvTermRefinedAbout=AboutCvTermRefinedAbout:F "
            "AddlModelInfo=AdditionalModelInformation ArtworkOrObject:L{ArtworkOrObjectDetails "
            "ArtworkOrObjectAOCircaDateCreated=ArtworkCircaDateCreated:F "
            "ArtworkOrObjectAOContentDescription=ArtworkContentDescription:F "
            "ArtworkOrObjectAOContributionDescription=ArtworkContributionDescription:F "
            "ArtworkOrObjectAOCopyrightNotice=ArtworkCopyrightNotice:F "
            "ArtworkOrObjectAOCreator=ArtworkCreator:F "
            "ArtworkOrObjectAOCreatorId=ArtworkCreatorID:F "
            "ArtworkOrObjectAOCurrentCopyrightOwnerId=ArtworkCopyrightOwnerID:F "
            "ArtworkOrObjectAOCurrentCopyrightOwnerName=ArtworkCopyrightOwnerName:F "
            "ArtworkOrObjectAOCurrentLicensorId=ArtworkLicensorID:F "
            "ArtworkOrObjectAOCurrentLicensorName=ArtworkLicensorName:F "
            "ArtworkOrObjectAODateCreated=ArtworkDateCreated:F "
            "ArtworkOrObjectAOPhysicalDescription=ArtworkPhysicalDescription:F "
            "ArtworkOrObjectAOSource=ArtworkSource:F "
            "ArtworkOrObjectAOSourceInvNo=ArtworkSourceInventoryNo:F "
            "ArtworkOrObjectAOSourceInvURL=ArtworkSourceInvURL:F "
            "ArtworkOrObjectAOStylePeriod=ArtworkStylePeriod:F "
            "ArtworkOrObjectAOTitle=ArtworkTitle:F CVterm=ControlledVocabularyTerm:L "
            "CircaDateCreated@T ContainerFormat@V{Entity Contributor:L{EntityWithRole "
            "CopyrightYear@T Creator:L{EntityWithRole DataOnScreen:L@V{TextRegion "
            "DigImageGUID=DigitalImageGUID@I DigitalSourceType@I "
            "DigitalSourcefileType=DigitalSourceFileType@I Dopesheet:a@V "
            "DopesheetLink:L@V{QualifiedLink EmbdEncRightsExpr:L{EEREDetails "
            "EmbdEncRightsExprEncRightsExpr=EmbeddedEncodedRightsExpr:F "
            "EmbdEncRightsExprRightsExprEncType=EmbeddedEncodedRightsExprType:F "
            "EmbdEncRightsExprRightsExprLangId=EmbeddedEncodedRightsExprLangID:F "
            "Episode@V{EpisodeOrSeason Event:a EventExt=ShownEvent:L@V{Entity EventId=EventID:L "
            "ExternalMetadataLink:L@O FeedIdentifier@V Genre:L@I{CVTermDetails Headline:a@V "
            "ImageRegion:L@I{ImageRegion IptcLastEdited=IPTCLastEdited:d@T "
            "LinkedEncRightsExpr:L{LEREDetails "
            "LinkedEncRightsExprLinkedRightsExpr=LinkedEncodedRightsExpr:F "
            "LinkedEncRightsExprRightsExprEncType=LinkedEncodedRightsExprType:F "
            "LinkedEncRightsExprRightsExprLangId=LinkedEncodedRightsExprLangID:F "
            "LocationCreated:L@L{LocationDetails LocationShown:L@L{LocationDetails "
            "MaxAvailHeight@I MaxAvailWidth@I ModelAge:L OrganisationInImageCode:L "
            "OrganisationInImageName:L PersonHeard:L@U{Entity PersonInImage:L "
            "PersonInImageWDetails:L{PersonDetails "
            "PersonInImageWDetailsPersonCharacteristic=PersonInImageCharacteristic:F "
            "PersonInImageWDetailsPersonCharacteristicCvId=PersonInImageCvTermCvId:F "
            "PersonInImageWDetailsPersonCharacteristicCvTermId=PersonInImageCvTermId:F "
            "PersonInImageWDetailsPersonCharacteristicCvTermName=PersonInImageCvTermName:F "
            "PersonInImageWDetailsPersonCharacteristicCvTermRefinedAbout=PersonInImageCvTermRefined"
            "About:F PersonInImageWDetailsPersonDescription=PersonInImageDescription:F "
            "PersonInImageWDetailsPersonId=PersonInImageId:F "
            "PersonInImageWDetailsPersonName=PersonInImageName:F PlanningRef:L{EntityWithRole "
            "ProductInImage:L{ProductDetails "
            "ProductInImageProductDescription=ProductInImageDescription:F "
            "ProductInImageProductGTIN=ProductInImageGTIN:F "
            "ProductInImageProductName=ProductInImageName:F PublicationEvent:L@V{PublicationEvent "
            "Rating:L@O{Rating RecDevice@D{Device RegistryId=RegistryID:L{RegistryEntryDetails "
            "RegistryIdRegEntryRole=RegistryEntryRole:F RegistryIdRegItemId=RegistryItemID:F "
            "RegistryIdRegOrgId=RegistryOrganisationID:F ReleaseReady@O Season@V{EpisodeOrSeason "
            "Series@V{Series SnapshotLink=Snapshot:L@I{LinkedImage StorylineIdentifier:L@V "
            "StreamReady:x@V StylePeriod@V SupplyChainSource:L@O{Entity "
            "TemporalCoverage@V{TemporalCoverage Transcript:a@V TranscriptLink:L@V{QualifiedLink "
            "VideoShotType:L@V{Entity VisualColour=VisualColor:x@V WorkflowTag@V{CVTermDetails "
            "audioBitRate=AudioBitrate@U audioBitRateMode=AudioBitrateMode:x@U "
            "audioBitsPerSample@U audioChannelCount@U metadataAuthority{Entity "
            "metadataLastEdited:d@T metadataLastEditor{Entity parentId=ParentID "
            "videoBitRate=VideoBitrate@V videoBitRateMode=VideoBitrateMode:x@V "
            "videoDisplayAspectRatio:r@U videoEncodingProfile@V videoStreamsCount@V"
        ),
    ),
    "lr": ("Image", "hierarchicalSubject:L privateRTKInfo weightedFlatSubject:L"),
    "mediapro": ("Image", "CatalogSets:L Event Location@L People:L Status UserFields:L"),
    "microsoft": (
        "Image",
        (
            "CameraSerialNumber CreatorAppId=CreatorAppID CreatorOpenWithUIOptions "
            "DateAcquired:d@T FlashManufacturer FlashModel ItemSubType LastKeywordIPTC:L "
            "LastKeywordXMP:L LensManufacturer LensModel Rating=RatingPercent"
        ),
    ),
    "mwg-coll": ("Image", "Collections:L{MWG_CollectionInfo~"),
    "mwg-kw": (
        "Image",
        (
            "Keywords=KeywordInfo{MWG_KeywordInfo KeywordsHierarchy=HierarchicalKeywords:F "
            "KeywordsHierarchyApplied=HierarchicalKeywords1Applied:F "
            "KeywordsHierarchyChildren=HierarchicalKeywords1Children:F "
            "KeywordsHierarchyChildrenApplied=HierarchicalKeywords2Applied:F "
            "KeywordsHierarchyChildrenChildren=HierarchicalKeywords2Children:F "
            "KeywordsHierarchyChildrenChildrenApplied=HierarchicalKeywords3Applied:F "
            "KeywordsHierarchyChildrenChildrenChildren=HierarchicalKeywords3Children:F "
            "KeywordsHierarchyChildrenChildrenChildrenApplied=HierarchicalKeywords4Applied:F "
            "KeywordsHierarchyChildrenChildrenChildrenChildren=HierarchicalKeywords4Children:F "
            "KeywordsHierarchyChildrenChildrenChildrenChildrenApplied=HierarchicalKeywords5Applied:"
            "F "
            "KeywordsHierarchyChildrenChildrenChildrenChildrenChildren=HierarchicalKeywords5Childre"
            "n:F "
            "KeywordsHierarchyChildrenChildrenChildrenChildrenChildrenApplied=HierarchicalKeywords6"
            "Applied:F "
            "KeywordsHierarchyChildrenChildrenChildrenChildrenChildrenKeyword=HierarchicalKeywords6"
            ":F KeywordsHierarchyChildrenChildrenChildrenChildrenKeyword=HierarchicalKeywords5:F "
            "KeywordsHierarchyChildrenChildrenChildrenKeyword=HierarchicalKeywords4:F "
            "KeywordsHierarchyChildrenChildrenKeyword=HierarchicalKeywords3:F "
            "KeywordsHierarchyChildrenKeyword=HierarchicalKeywords2:F "
            "KeywordsHierarchyKeyword=HierarchicalKeywords1:F"
        ),
    ),
    "mwg-rs": ("Image", "Regions=RegionInfo{MWG_RegionInfo~Region RegionsRegionList=RegionList:F"),
    "nine": ("Image", "Label NineEdits:x Rating Trim:x about version"),
    "panorama": ("Image", "Transformation VirtualFocalLength VirtualImageXCenter VirtualImageYCenter"),
    "pdf": (
        "Image",
        (
            "Author@A Copyright@A CreationDate:d@T Creator@A Keywords Marked ModDate:d@T "
            "PDFVersion Producer@A Subject Title Trapped:x"
        ),
    ),
    "pdfx": ("Document", "SourceModified:x@T"),
    "photomech": (
        "Image",
        (
            "ColorClass:e CountryCode@L CreatorIdentity:L EditStatus PMVersion Prefs:c Tagged:e "
            "TimeCreated:c@T"
        ),
    ),
    "photoshop": (
        "Image",
        (
            "AuthorsPosition@A CameraProfiles:L{Camera "
            "CameraProfilesPerspectiveModelVignetteModelVignetteModelParam1=CameraProfilesPerspecti"
            "veModelVignetteModelParam1:F "
            "CameraProfilesPerspectiveModelVignetteModelVignetteModelPiecewiseParam=CameraProfilesP"
            "erspectiveModelVignetteModelPiecewiseParam:F CaptionWriter@A Category City@L "
            "ColorMode:e Country@L Credit@A DateCreated:d@T DocumentAncestors:L EmbeddedXMPDigest "
            "Headline History ICCProfile=ICCProfileName Instructions LabelColor LegacyIPTCDigest "
            "SidecarForExtension Source@A State@L SupplementalCategories:L TextLayers:L{Layer~Text "
            "TransmissionReference Urgency:e"
        ),
    ),
    "plus": (
        "Author",
        (
            "AdultContentWarning:x CopyrightOwner:L{CopyrightOwner~ CopyrightOwnerImageID "
            "CopyrightRegistrationNumber CopyrightStatus:x CreditLineRequired:x Custom1:aL "
            "Custom10:aL Custom2:aL Custom3:aL Custom4:aL Custom5:aL Custom6:aL Custom7:aL "
            "Custom8:aL Custom9:aL DataMining:x EndUser:L{EndUser~ FileNameAsDelivered "
            "FirstPublicationDate:d@T ImageAlterationConstraints:Lx ImageCreator:L{ImageCreator~ "
            "ImageCreatorImageID ImageDuplicationConstraints:x ImageFileConstraints:Lx "
            "ImageFileFormatAsDelivered:x ImageFileSizeAsDelivered:x "
            "ImageSupplier:L{ImageSupplier~ ImageSupplierImageID ImageType:x LicenseEndDate:d@T "
            "LicenseID LicenseStartDate:d@T LicenseTransactionDate:d@T Licensee:L{Licensee~ "
            "LicenseeImageID LicenseeImageNotes:a LicenseeProjectReference:L "
            "LicenseeTransactionID:L Licensor:L{Licensor~ LicensorImageID LicensorNotes:a "
            "LicensorTransactionID:L MediaConstraints:a MediaSummaryCode:x "
            "MinorModelAgeDisclosure:x ModelReleaseID:L ModelReleaseStatus:x OtherConditions:a "
            "OtherConstraints:a OtherImageInfo:a OtherLicenseDocuments:L OtherLicenseInfo:a "
            "OtherLicenseRequirements:a ProductOrServiceConstraints:a PropertyReleaseID:L "
            "PropertyReleaseStatus:x RegionConstraints:a Reuse:x TermsAndConditionsText:a "
            "TermsAndConditionsURL Version=PLUSVersion"
        ),
    ),
    "pmi": (
        "Image",
        (
            "color:e contactInfo displayName distributorProductID eventAlias eventEnd eventStart "
            "eventSubtype eventType field framing location make manufacturer model modelYear "
            "objectDescription objectSubtype objectType orientation:e positionDescriptor productID "
            "productIDType season:e sequenceName sequenceNumber sequenceTotalNumber setting "
            "shootID slideshowName slideshowNumber slideshowTotalNumber viewpoint visualTechnique"
        ),
    ),
    "prism": (
        "Document",
        (
            "academicField aggregateIssueNumber aggregationType:L "
            "alternateTitle:L{prismAlternateTitle blogTitle blogURL bookEdition byteCount "
            "channel:L{prismChannel complianceProfile:x contentType copyrightYear "
            "corporateEntity:L coverDate:d@T coverDisplayDate creationDate:d@T dateRecieved:d@T "
            "device distributor doi=DOI eIssn edition endingPage event:L genre:L hasAlternative:L "
            "hasCorrection{prismHasCorrection hasTranslation:L industry:L isAlternativeOf:L "
            "isCorrectionOf:L isTranslationOf isbn=ISBN:L issn=ISSN issueIdentifier issueName "
            "issueTeaser issueType keyword:L killDate{prismKillDate link:L location:L "
            "modificationDate:d@T nationalCatalogNumber number object:L "
            "offSaleDate:L{prismOffSaleDate onSaleDate:L{prismOnSaleDate "
            "onSaleDay:L{prismOnSaleDay organization:L originPlatform:Lx pageCount "
            "pageProgressionDirection:x pageRange:L person platform productCode profession "
            "publicationDate:L{prismPublicationDate publicationDisplayDate:L{prismPublicationDate "
            "publicationName publishingFrequency rating samplePageRange section sellingAgency "
            "seriesNumber seriesTitle sport startingPage subsection1 subsection2 subsection3 "
            "subsection4 subtitle supplementDisplayID supplementStartingPage supplementTitle "
            "teaser:L ticker:L timePeriod url=URL:L{prismUrl uspsNumber versionIdentifier volume "
            "wordCount"
        ),
    ),
    "prl": ("Document", "geography:L industry:L usage:L"),
    "prm": (
        "Document",
        (
            "cookingEquipment cookingMethod course cuisine dietaryNeeds dishType duration "
            "ingredientExclusion mainIngredient meal recipeEndingPage recipePageRange recipeSource "
            "recipeStartingPage recipeTitle servingSize skillLevel specialOccasion yield"
        ),
    ),
    "pur": (
        "Document",
        (
            "adultContentWarning:L agreement:L copyright:a@A creditLine:L embargoDate:dL@T "
            "exclusivityEndDate:dL@T expirationDate:dL@T imageSizeRestriction optionEndDate:dL@T "
            "permissions:L restrictions:L reuseProhibited rightsAgent rightsOwner"
        ),
    ),
    "rdf": ("Document", "about"),
    "sdc": ("Image", "about appname=AppName appversion=AppVersion version"),
    "seal": ("Image", "seal:x"),
    "swf": ("Image", "bgalpha=BackgroundAlpha forwardlock=ForwardLock maxstorage=MaxStorage type"),
    "tiff": (
        "Image",
        (
            "Artist@A BitsPerSample:L Compression:e Copyright:a@A DateTime:d@T ImageDescription:a "
            "ImageLength=ImageHeight ImageWidth Make@C Model@C NativeDigest Orientation:e "
            "PhotometricInterpretation:e PlanarConfiguration:e PrimaryChromaticities:rL "
            "ReferenceBlackWhite:rL ResolutionUnit:e SamplesPerPixel Software TransferFunction:L "
            "WhitePoint:rL XResolution:r YCbCrCoefficients:rL YCbCrPositioning:e "
            "YCbCrSubSampling:Le YResolution:r"
        ),
    ),
    "x": ("Document", "xmptk=XMPToolkit"),
    "xmp": (
        "Image",
        (
            "Advisory:L Author@A BaseURL CreateDate:d@T CreatorTool Description:a Format "
            "Identifier:L Keywords Label MetadataDate:d@T ModifyDate:d@T Nickname "
            "PageInfo:L{PageInfo~PageImage PageInfoImage=PageImage:F Rating RatingPercent "
            "Thumbnails:L{Thumbnail~Thumbnail Title:a"
        ),
    ),
    "xmpBJ": ("Other", "JobRef:L{JobRef"),
    "xmpDM": (
        "Image",
        (
            "Tracks:L{Track absPeakAudioFilePath album altTapeName altTimecode{Timecode artist@A "
            "audioChannelType:e audioCompressor audioModDate:d@T audioSampleRate audioSampleType:e "
            "beatSpliceParams{BeatSpliceStretch cameraAngle cameraLabel cameraModel cameraMove "
            "client comment=DMComment composer@A contributedMedia:L{Media copyright@A director "
            "directorPhotography discNumber duration{Time engineer fileDataRate:r genre good "
            "instrument introTime{Time key:e logComment loop lyrics markers:L{Marker "
            "metadataModDate:d@T numberOfBeats outCue{Time partOfCompilation pick projectName "
            "projectRef{ProjectLink pullDown:e relativePeakAudioFilePath relativeTimestamp{Time "
            "releaseDate:d@T resampleParams{ResampleStretch scaleType:e scene shotDate:d@T shotDay "
            "shotLocation shotName shotNumber shotSize speakerPlacement startTimeSampleSize "
            "startTimeScale startTimecode{Timecode stretchMode:e takeNumber tapeName tempo "
            "timeScaleParams{TimeScaleStretch timeSignature:e trackNumber videoAlphaMode:e "
            "videoAlphaPremultipleColor{Colorant videoAlphaUnityIsTransparent videoColorSpace:e "
            "videoCompressor videoFieldOrder:e videoFrameRate videoFrameSize{Dimensions "
            "videoModDate:d@T videoPixelAspectRatio:r videoPixelDepth:e"
        ),
    ),
    "xmpDSA": (
        "Image",
        (
            "ApplyAutomatically CorrectionAlreadyApplied FocalLength35mm NormalizedCropCorners:L "
            "PitchAngle RollAngle ScalingFactorHeight TargetAspectRatio ValidCropCorners Version"
        ),
    ),
    "xmpMM": (
        "Other",
        (
            "DerivedFrom{ResourceRef DocumentID History:L{ResourceEvent Ingredients:L{ResourceRef "
            "InstanceID LastURL ManageTo@A ManageUI ManagedFrom{ResourceRef Manager@A "
            "ManagerVariant Manifest:L{ManifestItem OriginalDocumentID Pantry:L{PantryItem "
            "PreservedFileName RenditionClass RenditionOf{ResourceRef RenditionParams SaveID "
            "VersionID Versions:L{Version subject:L"
        ),
    ),
    "xmpNote": ("Other", "HasExtendedXMP"),
    "xmpPLUS": ("Author", "CreditLineReq ReuseAllowed"),
    "xmpRights": ("Author", "Certificate Marked Owner:L UsageTerms:a WebStatement"),
    "xmpTPg": (
        "Image",
        (
            "Colorants:L{Colorant~Colorant Fonts:L{Font~ FontsComposite=FontComposite:F "
            "FontsVersionString=FontVersion:F HasVisibleOverprint HasVisibleTransparency "
            "MaxPageSize{Dimensions NPages PlateNames:L SwatchGroups:L{SwatchGroup "
            "SwatchGroupsColorants:F SwatchGroupsGroupName=SwatchGroupName:F "
            "SwatchGroupsGroupType=SwatchGroupType:F"
        ),
    ),
}

STRUCTURES: Final[dict[str, tuple[bool, str, str]]] = {
    "ACDSeeArea": (False, "", "h w x y"),
    "ACDSeeDimensions": (False, "", "h unit w"),
    "ACDSeeRegion": (False, "", "ALGArea{ACDSeeArea DLYArea{ACDSeeArea Name NameAssignType Type"),
    "ACDSeeRegionInfo": (
        False,
        "",
        ("AppliedToDimensions{ACDSeeDimensions~RegionAppliedToDimensions RegionList:L{ACDSeeRegion~Region"),
    ),
    "AEProjectLink": (
        False,
        "",
        "compositionID fullPath renderOutputModuleIndex renderQueueItemID renderTimeStamp",
    ),
    "Area": (False, "", "d h unit w x y"),
    "AreaModels": (False, "", "AreaComponents:L~Components ColorRangeMaskAreaSampleInfo~ColorSampleInfo"),
    "ArtworkOrObjectDetails": (
        False,
        "",
        (
            "AOCircaDateCreated@T AOContentDescription:a AOContributionDescription:a "
            "AOCopyrightNotice AOCreator:L AOCreatorId:L AOCurrentCopyrightOwnerId "
            "AOCurrentCopyrightOwnerName AOCurrentLicensorId AOCurrentLicensorName "
            "AODateCreated:d@T AOPhysicalDescription:a AOSource AOSourceInvNo AOSourceInvURL "
            "AOStylePeriod:L AOTitle:a"
        ),
    ),
    "BeatSpliceStretch": (False, "", "riseInDecibel riseInTimeDuration{Time useFileBeatsMarker"),
    "BoundaryPoint": (False, "", "rbX~X rbY~Y"),
    "CFAPattern": (False, "", "Columns Rows Values:L"),
    "CVTermDetails": (False, "", "CvId CvTermId CvTermName:a CvTermRefinedAbout"),
    "Camera": (
        False,
        "",
        (
            "ApertureValue Author AutoScale CameraPrettyName CameraRawProfile FocalLength "
            "FocusDistance Lens LensPrettyName Make Model PerspectiveModel{PerspectiveModel "
            "ProfileName SensorFormatFactor UniqueCameraModel"
        ),
    ),
    "Colorant": (
        False,
        "",
        "A B L black blue cyan gray green magenta mode:e red swatchName tint type yellow",
    ),
    "CompImageExp": (
        False,
        "",
        (
            "MaxExposureTimesOfAll:r~MaxExposureAll MaxExposureTimesOfUsed:r~MaxExposureUsed "
            "MinExposureTimesOfAll:r~MinExposureAll MinExposureTimesOfUsed:r~MinExposureUsed "
            "NumberOfImagesInSequences~ImagesPerSequence NumberOfSequences~NumSequences "
            "SumOfExposureTimesOfAll:r~SumExposureAll SumOfExposureTimesOfUsed:r~SumExposureUsed "
            "TotalExposurePeriod:r Values:rL"
        ),
    ),
    "ContactInfo": (
        False,
        "",
        "CiAdrCity CiAdrCtry CiAdrExtadr CiAdrPcode CiAdrRegion CiEmailWork CiTelWork CiUrlWork",
    ),
    "CopyrightOwner": (False, "", "CopyrightOwnerID CopyrightOwnerName"),
    "CorrRangeMask": (
        False,
        "",
        (
            "AreaModels:L{AreaModels ColorAmount DepthFeather DepthMax DepthMin Invert LumFeather "
            "LumMax LumMin LumRange LuminanceDepthSampleInfo SampleType Type Version"
        ),
    ),
    "Correction": (
        False,
        "",
        (
            "CorrectionActive:l~Active CorrectionAmount:l~Amount "
            "CorrectionMasks:L{CorrectionMask~Mask CorrectionName "
            "CorrectionRangeMask{CorrRangeMask~RangeMask CorrectionSyncID "
            "LocalBlacks2012:l~Blacks2012 LocalBrightness:l~Brightness LocalClarity:l~Clarity "
            "LocalClarity2012:l~Clarity2012 LocalContrast:l~Contrast "
            "LocalContrast2012:l~Contrast2012 LocalDefringe:l~Defringe LocalDehaze:l~Dehaze "
            "LocalExposure:l~Exposure LocalExposure2012:l~Exposure2012 "
            "LocalHighlights2012:l~Highlights2012 LocalHue:l~Hue "
            "LocalLuminanceNoise:l~LuminanceNoise LocalMoire:l~Moire LocalSaturation:l~Saturation "
            "LocalShadows2012:l~Shadows2012 LocalSharpness:l~Sharpness "
            "LocalTemperature:l~Temperature LocalTexture:l~Texture LocalTint:l~Tint "
            "LocalToningHue:l~ToningHue LocalToningSaturation:l~ToningSaturation "
            "LocalWhites2012:l~Whites2012 What:l"
        ),
    ),
    "CorrectionMask": (
        False,
        "",
        (
            "Alpha:l Angle:l Bottom:l CenterValue:l CenterWeight:l "
            "CorrectionRangeMask{CorrRangeMask~Range Dabs:L Feather:l Flipped:l Flow:l FullX:l "
            "FullY:l InputDigest:l Left:l MaskActive:l MaskBlendMode:l MaskDigest:l MaskInverted:l "
            "MaskName:l MaskSubType:l MaskSyncID:l MaskValue:l~Value MaskVersion:l "
            "Masks{CorrectionMask Midpoint:l Origin:l PerimeterValue:l Radius:l ReferencePoint:l "
            "Right:l Roundness:l SizeX:l SizeY:l Top:l Version:l What:l WholeImageArea:l X:l Y:l "
            "ZeroX:l ZeroY:l"
        ),
    ),
    "CuePointParam": (False, "", "key value"),
    "DarwinCore_DCTermsLocation": (
        False,
        "",
        (
            "continent coordinatePrecision coordinateUncertaintyInMeters country countryCode "
            "county decimalLatitude decimalLongitude footprintSRS footprintSpatialFit footprintWKT "
            "geodeticDatum georeferenceProtocol georeferenceRemarks georeferenceSources "
            "georeferenceVerificationStatus georeferencedBy georeferencedDate higherGeography "
            "higherGeographyID island islandGroup locality locationAccordingTo locationID "
            "locationRemarks maximumDepthInMeters maximumDistanceAboveSurfaceInMeters "
            "maximumElevationInMeters minimumDepthInMeters minimumDistanceAboveSurfaceInMeters "
            "minimumElevationInMeters municipality pointRadiusSpatialFit stateProvince "
            "verbatimCoordinateSystem verbatimCoordinates verbatimDepth verbatimElevation "
            "verbatimLatitude verbatimLocality verbatimLongitude verbatimSRS verticalDatum "
            "waterBody"
        ),
    ),
    "DarwinCore_Event": (
        False,
        "",
        (
            "day@T earliestDate:d@T endDayOfYear@T eventDate:d@T eventID eventRemarks:a "
            "eventTime:c@T eventType fieldNotes fieldNumber habitat latestDate:d@T month@T "
            "parentEventID sampleSizeUnit sampleSizeValue samplingEffort samplingProtocol "
            "startDayOfYear@T verbatimEventDate@T year@T"
        ),
    ),
    "DarwinCore_GeologicalContext": (
        False,
        "",
        (
            "bed earliestAgeOrLowestStage earliestEonOrLowestEonothem earliestEpochOrLowestSeries "
            "earliestEraOrLowestErathem earliestPeriodOrLowestSystem formation geologicalContextID "
            "group highestBiostratigraphicZone latestAgeOrHighestStage latestEonOrHighestEonothem "
            "latestEpochOrHighestSeries latestEraOrHighestErathem latestPeriodOrHighestSystem "
            "lithostratigraphicTerms lowestBiostratigraphicZone member"
        ),
    ),
    "DarwinCore_Identification": (
        False,
        "",
        (
            "dateIdentified:d@T identificationID identificationQualifier identificationReferences "
            "identificationRemarks identificationVerificationStatus identifiedBy identifiedByID "
            "typeStatus verbatimIdentification"
        ),
    ),
    "DarwinCore_MaterialSample": (False, "", "materialSampleID"),
    "DarwinCore_MeasurementOrFact": (
        False,
        "",
        (
            "measurementAccuracy measurementDeterminedBy measurementDeterminedDate:d@T "
            "measurementID measurementMethod measurementRemarks measurementType measurementUnit "
            "measurementValue parentMeasurementID"
        ),
    ),
    "DarwinCore_Occurrence": (
        False,
        "",
        (
            "associatedMedia associatedOccurrences associatedReferences associatedSequences "
            "associatedTaxa behavior caste catalogNumber degreeOfEstablishment disposition "
            "establishmentMeans georeferenceVerificationStatus individualCount individualID "
            "lifeStage occurrenceDetails occurrenceID occurrenceRemarks occurrenceStatus "
            "organismQuantity organismQuantityType otherCatalogNumbers pathway preparations "
            "previousIdentifications recordNumber recordedBy recordedByID reproductiveCondition "
            "sex vitality"
        ),
    ),
    "DarwinCore_Organism": (
        False,
        "",
        (
            "associatedOccurrences associatedOrganisms organismID organismName organismRemarks "
            "organismScope previousIdentifications"
        ),
    ),
    "DarwinCore_Record": (
        False,
        "",
        (
            "basisOfRecord collectionCode collectionID dataGeneralizations datasetID datasetName "
            "dynamicProperties informationWithheld institutionCode institutionID "
            "ownerInstitutionCode"
        ),
    ),
    "DarwinCore_ResourceRelationship": (
        False,
        "",
        (
            "relatedResourceID relationshipAccordingTo relationshipEstablishedDate:d@T "
            "relationshipOfResource relationshipOfResourceID relationshipRemarks resourceID "
            "resourceRelationshipID"
        ),
    ),
    "DarwinCore_Taxon": (
        False,
        "",
        (
            "acceptedNameUsage acceptedNameUsageID class cultivarEpithet family genericName genus "
            "higherClassification infragenericEpithet infraspecificEpithet kingdom nameAccordingTo "
            "nameAccordingToID namePublishedIn namePublishedInID namePublishedInYear "
            "nomenclaturalCode nomenclaturalStatus order originalNameUsage originalNameUsageID "
            "parentNameUsage parentNameUsageID phylum scientificName scientificNameAuthorship "
            "scientificNameID specificEpithet subFamily subTribe subgenus superFamily "
            "taxonConceptID taxonID taxonRank taxonRemarks taxonomicStatus tribe verbatimTaxonRank "
            "vernacularName:a"
        ),
    ),
    "DepthBasedCorr": (
        False,
        "",
        (
            "CorrectionActive CorrectionAmount CorrectionMasks:L{CorrectionMask~Mask "
            "CorrectionSyncID LocalCorrectedDepth LocalCurveRefineSaturation What"
        ),
    ),
    "DepthMapInfo": (
        False,
        "",
        (
            "BaseHighlightGuideInputDigest BaseHighlightGuideTable BaseHighlightGuideVersion "
            "BaseLayeredDepthInputDigest BaseLayeredDepthTable BaseLayeredDepthVersion "
            "BaseRawDepthInputDigest BaseRawDepthTable BaseRawDepthVersion DepthSource"
        ),
    ),
    "Device": (False, "", "AttLensDescription Manufacturer ModelName OwnersDeviceId SerialNumber"),
    "DeviceSettings": (False, "", "Columns Rows Settings:L"),
    "Dimensions": (False, "", "h unit w"),
    "EEREDetails": (False, "", "EncRightsExpr RightsExprEncType RightsExprLangId"),
    "EndUser": (False, "", "EndUserID EndUserName"),
    "Entity": (False, "", "Identifier:L Name:a"),
    "EntityWithRole": (False, "", "Identifier:L Name:a Role:L"),
    "EpisodeOrSeason": (False, "", "Identifier Name Number"),
    "Flash": (False, "", "Fired:eo Function:eo Mode:e RedEyeMode:eo Return:e"),
    "Font": (
        False,
        "",
        ("childFontFiles:L composite fontFace fontFamily fontFileName fontName fontType versionString"),
    ),
    "Google_AppInfo": (False, "", "Application ItemURI Version"),
    "Google_DeviceCamera": (
        False,
        "",
        (
            "AppInfo{Google_AppInfo DepthMap{Google_DeviceDepthMap Image{Google_DeviceImage "
            "ImagingModel{Google_DeviceImagingModel LightEstimate{Google_DeviceLightEstimate "
            "PointCloud{Google_DevicePointCloud Pose{Google_Pose Trait VendorInfo{Google_VendorInfo"
        ),
    ),
    "Google_DeviceCameras": (False, "", "Camera{Google_DeviceCamera"),
    "Google_DeviceContainer": (False, "", "Directory:L{Google_DeviceDirectory"),
    "Google_DeviceDepthMap": (
        False,
        "",
        (
            "ConfidenceURI DepthURI Far FocalTable FocalTableEntryCount Format ItemSemantic "
            "MeasureType Near Software Units"
        ),
    ),
    "Google_DeviceDirectory": (False, "", "Item{Google_DeviceItem"),
    "Google_DeviceImage": (False, "", "ItemSemantic ItemURI"),
    "Google_DeviceImagingModel": (
        False,
        "",
        (
            "Distortion DistortionCount FocalLengthX FocalLengthY ImageHeight ImageWidth "
            "PixelAspectRatio PrincipalPointX PrincipalPointY Skew"
        ),
    ),
    "Google_DeviceItem": (False, "", "DataURI Length Mime Padding"),
    "Google_DeviceLightEstimate": (
        False,
        "",
        "ColorCorrectionB ColorCorrectionG ColorCorrectionR PixelIntensity",
    ),
    "Google_DevicePlane": (False, "", "Boundary BoundaryVertexCount ExtentX ExtentZ Pose{Google_Pose"),
    "Google_DevicePlanes": (False, "", "Plane{Google_DevicePlane"),
    "Google_DevicePointCloud": (False, "", "Metric PointCloud Points"),
    "Google_DeviceProfile": (False, "", "CameraIndices:L Type"),
    "Google_DeviceProfiles": (False, "", "Profile{Google_DeviceProfile"),
    "Google_Directory": (False, "", "Item{Google_Item"),
    "Google_EarthPose": (
        False,
        "",
        (
            "Altitude:c@L Latitude:c@L Longitude:c@L RotationW@L RotationX@L RotationY@L "
            "RotationZ@L Timestamp:x@T"
        ),
    ),
    "Google_Item": (False, "", "Label Length Mime Padding Semantic URI"),
    "Google_Pose": (
        False,
        "",
        ("PositionX@L PositionY@L PositionZ@L RotationW@L RotationX@L RotationY@L RotationZ@L Timestamp:x@T"),
    ),
    "Google_VendorInfo": (False, "", "Manufacturer Model Notes"),
    "ImageCreator": (False, "", "ImageCreatorID ImageCreatorName"),
    "ImageRegion": (
        True,
        "",
        ("Name:a RegionBoundary{RegionBoundary~Boundary rCtype:L{Entity~Ctype rId~ID rRole:L{Entity~Role"),
    ),
    "ImageSupplier": (False, "", "ImageSupplierID ImageSupplierName"),
    "JobRef": (False, "", "id name url"),
    "LEREDetails": (False, "", "LinkedRightsExpr RightsExprEncType RightsExprLangId"),
    "Layer": (False, "", "LayerName LayerText"),
    "LensBlur": (
        False,
        "",
        (
            "Active BlurAmount~Amount BokehAspect BokehRotation BokehShape BokehShapeDetail "
            "CatEyeAmount CatEyeScale FocalRange FocalRangeSource HighlightsBoost "
            "HighlightsThreshold SampledArea SampledRange SphericalAberration SubjectRange Version"
        ),
    ),
    "Licensee": (False, "", "LicenseeID LicenseeName"),
    "Licensor": (
        False,
        "",
        (
            "LicensorCity LicensorCountry LicensorEmail LicensorExtendedAddress LicensorID "
            "LicensorName LicensorPostalCode LicensorRegion LicensorStreetAddress "
            "LicensorTelephone1 LicensorTelephone2 LicensorTelephoneType1:x "
            "LicensorTelephoneType2:x LicensorURL"
        ),
    ),
    "LinkedImage": (
        False,
        "",
        "HeightPixels ImageRole Link LinkQualifier:L UsedVideoFrame{Timecode WidthPixels format",
    ),
    "LocationDetails": (
        False,
        "L",
        (
            "City CountryCode CountryName GPSAltitude:rc GPSAltitudeRef:eo GPSLatitude:c "
            "GPSLongitude:c Identifier:L LocationId:L LocationName:a ProvinceState Sublocation "
            "WorldRegion"
        ),
    ),
    "Look": (
        False,
        "",
        (
            "Amount Cluster Copyright Group:a Name Parameters{LookParms SupportsAmount "
            "SupportsMonochrome SupportsOutputReferred UUID"
        ),
    ),
    "LookParms": (
        False,
        "",
        (
            "CameraProfile Clarity2012 ConvertToGrayscale Highlights2012 LookTable ProcessVersion "
            "Shadows2012 ToneCurvePV2012:L ToneCurvePV2012Blue:L ToneCurvePV2012Green:L "
            "ToneCurvePV2012Red:L Version"
        ),
    ),
    "MWG_CollectionInfo": (False, "", "CollectionName CollectionURI"),
    "MWG_Extensions": (True, "", ""),
    "MWG_KeywordInfo": (False, "", "Hierarchy:L{MWG_KeywordStruct"),
    "MWG_KeywordStruct": (False, "", "Applied Children:L{MWG_KeywordStruct Keyword"),
    "MWG_RegionInfo": (False, "", "AppliedToDimensions{Dimensions RegionList:L{MWG_RegionStruct~Region"),
    "MWG_RegionStruct": (
        False,
        "",
        (
            "Area{Area BarCodeValue Description Extensions{MWG_Extensions FocusUsage:e Name "
            "Rotation Type:e seeAlso"
        ),
    ),
    "MacAtom": (False, "", "applicationCode invocationAppleEvent posixProjectPath"),
    "ManifestItem": (
        False,
        "",
        ("linkForm placedResolutionUnit placedXResolution placedYResolution reference{ResourceRef"),
    ),
    "MapInfo": (False, "", "LabMax LabMin LumEq:L RGBMax RGBMin"),
    "Marker": (
        False,
        "",
        (
            "comment cuePointParams:L{CuePointParam cuePointType duration location name "
            "probability speaker startTime target type"
        ),
    ),
    "Media": (False, "", "duration{Time managed path startTime{Time track webStatement"),
    "Microsoft_RegionInfo": (False, "", "DateRegionsValid:d@T Regions:L{Microsoft_Regions"),
    "Microsoft_Regions": (
        False,
        "",
        "PersonDisplayName PersonEmailDigest PersonLiveIdCID PersonSourceID Rectangle",
    ),
    "OECF": (False, "", "Columns Names:L Rows Values:rL"),
    "PageInfo": (False, "", "PageNumber format height image:x@P width"),
    "PantryItem": (True, "", "InstanceID:l"),
    "PersonDetails": (
        False,
        "",
        "PersonCharacteristic:L{CVTermDetails PersonDescription:a PersonId:L PersonName:a",
    ),
    "PerspectiveModel": (
        False,
        "",
        (
            "ImageXCenter ImageYCenter RadialDistortParam1 RadialDistortParam2 RadialDistortParam3 "
            "ScaleFactor Version VignetteModel{VignetteModel"
        ),
    ),
    "ProductDetails": (False, "", "ProductDescription:a ProductGTIN ProductId ProductName:a"),
    "ProjectLink": (False, "", "path type:e"),
    "PublicationEvent": (False, "", "Date:d@T Identifier Name"),
    "QualifiedLink": (False, "", "Link LinkQualifier"),
    "RangeMask": (False, "", "RangeMaskMapInfo{MapInfo~MapInfo"),
    "Rating": (
        False,
        "",
        (
            "RatingRegion:L{LocationDetails~Region RatingScaleMaxValue~ScaleMaxValue "
            "RatingScaleMinValue~ScaleMinValue RatingSourceLink~SourceLink RatingValue~Value "
            "RatingValueLogoLink~ValueLogoLink"
        ),
    ),
    "RegionBoundary": (
        False,
        "",
        ("rbH~H rbRx~Rx rbShape:e~Shape rbUnit:e~Unit rbVertices:L{BoundaryPoint~Vertices rbW~W rbX~X rbY~Y"),
    ),
    "RegistryEntryDetails": (False, "", "RegEntryRole RegItemId RegOrgId"),
    "ResampleStretch": (False, "", "quality:e"),
    "ResourceEvent": (False, "", "action changed instanceID parameters softwareAgent when:d@T"),
    "ResourceRef": (
        False,
        "",
        (
            "alternatePaths:L documentID filePath fromPart instanceID lastModifyDate:d@T lastURL "
            "linkCategory linkForm manageTo manageUI manager managerVariant maskMarkers:e "
            "originalDocumentID partMapping placedResolutionUnit placedXResolution "
            "placedYResolution renditionClass renditionParams toPart versionID"
        ),
    ),
    "RetouchArea": (
        False,
        "",
        (
            "Feather:l Masks:L{CorrectionMask~Mask Method:l OffsetY:l Opacity:l Seed:l "
            "SourceState:l SourceX:l SpotType:l"
        ),
    ),
    "Series": (False, "", "Identifier Name"),
    "SubVersion": (False, "", "FileName VersRef"),
    "SwatchGroup": (False, "", "Colorants:L{Colorant~SwatchColorant groupName groupType"),
    "TagStructure": (False, "", "LabelName ParentReference Reference SubLabels:L{TagStructure"),
    "TemporalCoverage": (False, "", "tempCoverageFrom:d@T~From tempCoverageTo:d@T~To"),
    "TextRegion": (False, "", "Region{Area RegionText"),
    "Thumbnail": (False, "", "format height image:x@P width"),
    "Time": (False, "", "scale:r value"),
    "TimeScaleStretch": (False, "", "frameOverlappingPercentage frameSize quality:e"),
    "Timecode": (False, "", "timeFormat:e timeValue value"),
    "Track": (False, "", "frameRate markers:L{Marker trackName trackType"),
    "Version": (False, "", "comments event{ResourceEvent modifier modifyDate:d@T version"),
    "VignetteModel": (
        False,
        "",
        "ImageXCenter ImageYCenter VignetteModelParam1 VignetteModelPiecewiseParam:L",
    ),
    "WindowsAtom": (False, "", "extension invocationFlags uncProjectPath"),
    "prismAlternateTitle": (False, "", "a-lang a-platform text"),
    "prismChannel": (False, "", "a-lang channel subchannel1 subchannel2 subchannel3 subchannel4"),
    "prismHasCorrection": (False, "", "a-lang a-platform text"),
    "prismKillDate": (False, "", "a-platform date:d@T"),
    "prismOffSaleDate": (False, "", "a-platform date:d@T"),
    "prismOnSaleDate": (False, "", "a-platform date:d@T"),
    "prismOnSaleDay": (False, "", "a-platform day"),
    "prismPublicationDate": (False, "", "a-platform date:d@T"),
    "prismUrl": (False, "", "a-platform url"),
}
"""Fields of structures: whether they may be of any schema, category, properties as above."""

CONVERTED: Final[dict[str, dict[str, str]]] = {
    "HDRGainMap": {
        "HDRGainMapVersion": "four_bytes",
    },
    "apdi": {
        "NativeFormat": "four_characters",
        "StoredFormat": "four_characters",
    },
    "aux": {
        "ApproximateFocusDistance": "number",
        "LensInfo": "lensinfo",
    },
    "drone-dji": {
        "GpsLatitude": "latplain",
        "GpsLongitude": "lonplain",
        "GpsLongtitude": "lonplain",
        "Latitude": "latplain",
        "Longitude": "lonplain",
    },
    "exif": {
        "ApertureValue": "aperture",
        "ColorSpace": "color_space",
        "ExposureBiasValue": "fraction",
        "ExposureTime": "exposure",
        "FNumber": "fnumber",
        "FocalLength": "mm1",
        "FocalLengthIn35mmFilm": "mm",
        "GPSAltitude": "metres",
        "GPSDestLatitude": "lat",
        "GPSDestLongitude": "lon",
        "GPSHPositioningError": "metres_always",
        "GPSLatitude": "lat",
        "GPSLongitude": "lon",
        "MaxApertureValue": "aperture",
        "ShutterSpeedValue": "shutter",
        "SubjectDistance": "metres",
    },
    "exifEX": {
        "LensSpecification": "lensinfo",
    },
    "photomech": {
        "Prefs": "prefs",
        "TimeCreated": "time",
    },
    "DarwinCore_Event": {
        "eventTime": "datetext",
    },
    "Google_EarthPose": {
        "Altitude": "metres_always",
        "Latitude": "lat",
        "Longitude": "lon",
    },
    "LocationDetails": {
        "GPSAltitude": "metres",
        "GPSLatitude": "lat",
        "GPSLongitude": "lon",
    },
}
"""Properties by schema or structure -> the conversion in `xmp_values`."""
